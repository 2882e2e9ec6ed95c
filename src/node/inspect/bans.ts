import { isIP } from 'node:net'
import type { Ban } from '../../interface/ban.ts'
import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import { isPeerId } from '../../wire/peer-key.ts'
import type { CheckedParamsOf, ResultOf } from '../control/schema.ts'
import type { InspectContext } from './context.ts'
import { resolvePeer } from './peers.ts'

type BanRow = ResultOf<'bans'>[number]

export function bansOf({ inside }: InspectContext): BanRow[] {
  return inside().bans.list().map(rowOf)
}

/** Of one peer; null where there is none. */
export function banOf({ inside }: InspectContext, peer: Peer): BanRow | null {
  const ban = inside().bans.of(peer)

  return ban === undefined ? null : rowOf(ban)
}

/**
 * Shuts a peer or an address out: whole ids also of peers that this node has never met.
 *
 * @throws {CodedError} ERR_CONTROL_PEER, ERR_BANS_FULL, ERR_BANS_UNWRITABLE
 */
export async function ban(context: InspectContext, given: CheckedParamsOf<'ban'>): Promise<BanRow> {
  const { peer, reason, seconds } = given
  const { bans, network } = context.inside()
  const { scores, rejections } = context.memory
  const known = [...network.peers(), ...[...scores.entries(), ...rejections.entries()].map(([each]) => each)]
  const who = isWhole(peer) ? peer : resolvePeer(peer, [...new Set(known)])

  return rowOf(await bans.ban(who, { reason, ...(seconds === undefined ? {} : { seconds }) }))
}

/** @throws {CodedError} ERR_CONTROL_PEER where no ban is of it; ERR_BANS_UNWRITABLE */
export async function unban({ inside }: InspectContext, { peer }: CheckedParamsOf<'unban'>): Promise<void> {
  const { bans } = inside()
  const banned = bans.list().map(({ who }) => who)
  // an end of an address says nothing: 10.0.0.5 would lift 110.0.0.5
  const who = isWhole(peer) ? peer : resolvePeer(peer, banned.filter(isPeerId))
  if (!(await bans.unban(who))) throw new CodedError('ERR_CONTROL_PEER', `"${peer}" is not banned`, { matches: 0 })
}

function isWhole(who: string): boolean {
  return isIP(who) !== 0 || isPeerId(who)
}

function rowOf({ who, reason, sinceMs, untilMs }: Ban): BanRow {
  return {
    peer: who,
    reason,
    since: new Date(sinceMs).toISOString(),
    until: untilMs === null ? null : new Date(untilMs).toISOString()
  }
}
