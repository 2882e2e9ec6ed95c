import type { MemberRecord } from '../interface/membership.ts'
import type { Peer } from '../interface/network.ts'

/** What nodes know of the members; a join-semilattice under {@link mergeViews}. */
export type View = ReadonlyMap<Peer, MemberRecord>

/** Of a member from the start: the least record that a member can have, one object for all of them. */
export const initialRecord: MemberRecord = Object.freeze({
  lastActive: -1,
  lastSilent: -1,
  index: 0,
  status: 'join',
  since: 0
})

/**
 * Order of membership: by index, then leave above join, then since. Positive
 * when `a` is the newer.
 *
 * Within one index only a peer that lost its state contradicts itself; the
 * last two keys make every node settle such a case alike.
 */
export function compareMembership(a: MemberRecord, b: MemberRecord): number {
  if (a.index !== b.index) return a.index - b.index
  if (a.status !== b.status) return a.status === 'leave' ? 1 : -1

  return a.since - b.since
}

/**
 * Least upper bound of two records: the newest activity, the newest silence,
 * the newest membership. Commutative, associative and idempotent, so records
 * may arrive in any order, any number of times.
 *
 * Source: de Vos et al., "Decentralized learning made practical with client
 * sampling" (MoDeST), arXiv:2302.13837. Deviations: silence is kept beside
 * activity; theirs of equal index keeps whichever came first, which differs
 * from node to node, here status and round decide.
 *
 * @returns `a` or `b` itself where it is the result already, `a` when both are: most merges change nothing, and views
 * of many nodes then share their records
 */
export function mergeRecords(a: MemberRecord, b: MemberRecord): MemberRecord {
  const order = compareMembership(a, b)
  if (order >= 0 && a.lastActive >= b.lastActive && a.lastSilent >= b.lastSilent) return a
  if (order <= 0 && b.lastActive >= a.lastActive && b.lastSilent >= a.lastSilent) return b

  const { index, status, since } = order > 0 ? a : b
  const lastActive = Math.max(a.lastActive, b.lastActive)
  const lastSilent = Math.max(a.lastSilent, b.lastSilent)

  return { lastActive, lastSilent, index, status, since }
}

/** Is everything that `a` says known to `b`? */
export function leqRecord(a: MemberRecord, b: MemberRecord): boolean {
  return a.lastActive <= b.lastActive && a.lastSilent <= b.lastSilent && compareMembership(a, b) <= 0
}

/** Merges record by record; `a` itself when `b` adds nothing. */
export function mergeViews(a: View, b: View): View {
  let merged: Map<Peer, MemberRecord> | undefined
  for (const [peer, theirs] of b) {
    const ours = a.get(peer)
    const record = ours === undefined ? theirs : mergeRecords(ours, theirs)
    if (record === ours) continue

    merged ??= new Map(a)
    merged.set(peer, record)
  }

  return merged ?? a
}

/** The order of views: is everything that `a` says known to `b`? Views only grow in it. */
export function leqView(a: View, b: View): boolean {
  for (const [peer, ours] of a) {
    const theirs = b.get(peer)
    if (theirs === undefined || !leqRecord(ours, theirs)) return false
  }

  return true
}
