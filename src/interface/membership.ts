import type { Peer } from './network.ts'

export type MemberStatus = 'join' | 'leave'

/**
 * What is known of one member. Rounds are whole numbers, -1 for never. All
 * fields only grow in the order of `sampling/view`, so records can be merged
 * in any order, any number of times.
 */
export interface MemberRecord {
  /** Newest round in which the peer was known to be active. */
  readonly lastActive: number
  /** Newest round in which it was asked and did not answer; above `lastActive`, it is taken for dead. */
  readonly lastSilent: number
  /** Counts the peer's own changes of membership: the highest one holds. */
  readonly index: number
  readonly status: MemberStatus
  /** Round in which that change was made. */
  readonly since: number
}

export interface MemberEntry extends MemberRecord {
  readonly peer: Peer
}
