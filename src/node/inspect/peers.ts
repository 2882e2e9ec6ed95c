import type { PeerFacts } from '../../gossip/peer-facts.ts'
import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import { isPeerId } from '../../wire/peer-key.ts'
import type { ResultOf } from '../control/schema.ts'
import { banOf } from './bans.ts'
import type { InspectContext } from './context.ts'

type PeerRow = ResultOf<'peers'>[number]

/** The connected peers, by id. */
export function peersOf(context: InspectContext): PeerRow[] {
  const facts = context.inside().network.peerFacts()
  const rounds = toldRounds(context)

  return facts.map((each) => rowOf(context, each, rounds)).sort((a, b) => (a.peer < b.peer ? -1 : 1))
}

/** @throws {CodedError} ERR_CONTROL_PEER */
export function peerOf(context: InspectContext, end: string): ResultOf<'peer'> {
  const { network } = context.inside()
  const peer = resolvePeer(end, knownPeers(context))
  const found = network.peerFacts().find(({ peer: id }) => id === peer)
  const connected = found === undefined ? NOT_CONNECTED : connectionOf(found)

  return {
    peer,
    ...connected,
    ...rememberedOf(context, peer, toldRounds(context)),
    addresses: [...(found?.listen ?? [])],
    reason: context.memory.scores.get(peer)?.reason ?? null,
    ban: banOf(context, peer)
  }
}

/** Whom something is known of: who is connected, was judged, told of a model or of itself, or is shut out. */
function knownPeers(context: InspectContext): Peer[] {
  const { memory } = context
  const { network, learner, bans } = context.inside()
  const { models = [], members = [] } = learner?.inspect() ?? {}
  const named = [...models, ...members].map(({ peer }) => peer)
  const remembered = [...memory.scores.entries(), ...memory.rejections.entries()].map(([peer]) => peer)
  const banned = bans.list().flatMap(({ who }) => (isPeerId(who) ? [who] : []))

  return [...new Set([...network.peers(), ...named, ...remembered, ...banned])].filter((peer) => peer !== network.self)
}

/**
 * The one peer whose id ends so; dots before it don't count.
 *
 * @throws {CodedError} ERR_CONTROL_PEER when it is none or several
 */
export function resolvePeer(end: string, known: readonly Peer[]): Peer {
  const ending = end.replace(/^\.+/, '')
  if (known.includes(ending)) return ending
  const matches = ending === '' ? [] : known.filter((peer) => peer.endsWith(ending))
  const [peer] = matches
  if (peer !== undefined && matches.length === 1) return peer
  const found = matches.length === 0 ? 'no peer that this node knows' : `${matches.length} peers`

  throw new CodedError('ERR_CONTROL_PEER', `"${end}": the id of ${found} ends so`, { matches: matches.length })
}

/** The newest round that each peer told of. */
export function toldRounds(context: InspectContext): Map<Peer, number> {
  return new Map(
    context
      .inside()
      .learner?.inspect()
      .models.map(({ peer, round }) => [peer, round])
  )
}

function rowOf(context: InspectContext, given: PeerFacts, rounds: ReadonlyMap<Peer, number>): PeerRow {
  const { peer } = given

  return { peer, ...connectionOf(given), ...rememberedOf(context, peer, rounds) }
}

const NOT_CONNECTED = Object.freeze({
  agent: null,
  address: null,
  direction: null,
  path: null,
  connectedSeconds: null,
  latencyMs: null
})

function connectionOf({ agent, address, direction, isRelayed, connectedMs, latencyMs }: PeerFacts) {
  const path = isRelayed ? ('relayed' as const) : ('direct' as const)

  return { agent, address, direction, path, connectedSeconds: connectedMs / 1000, latencyMs }
}

function rememberedOf({ memory }: InspectContext, peer: Peer, rounds: ReadonlyMap<Peer, number>) {
  const score = memory.scores.get(peer)
  const rejection = memory.rejections.get(peer)

  return {
    round: rounds.get(peer) ?? null,
    score: score?.score ?? null,
    excluded: score?.excluded ?? false,
    lag: memory.replica?.lags[peer] ?? null,
    rejections: rejection?.count ?? 0,
    lastRejection: rejection?.lastCode ?? null
  }
}
