import type { MemberRecord } from '../interface/membership.ts'
import type { Peer } from '../interface/network.ts'

export interface ActiveQuery {
  /** The round to draw for. */
  round: number
  /** Rounds for which a member that was not heard of still counts; see {@link activityWindow}. */
  window: number
  self: Peer
}

/** Both in the order of the view. */
export interface ActiveMembers {
  readonly active: Peer[]
  /** Would be active, had they not been silent since: to be asked only when the active ones are too few. */
  readonly suspected: Peer[]
}

/** A joiner counts from the second round after it joined: by the first, word of it has not yet gone round. */
const JOIN_DELAY = 2

/**
 * Those among whom the sample of `round` is drawn: members that were active,
 * or joined, within the window before it; oneself always.
 *
 * Source: de Vos et al. (MoDeST), arXiv:2302.13837. Deviations: a member that
 * has not been active yet counts from the round in which it joined, instead of
 * dropping out of the first window; a joiner is left out of the next round's
 * sample by rule, where theirs keeps it back until a model has been sent; and
 * those found silent come in a list of their own.
 */
export function activeMembers(
  view: Iterable<readonly [Peer, MemberRecord]>,
  { round, window, self }: ActiveQuery
): ActiveMembers {
  const active: Peer[] = []
  const suspected: Peer[] = []
  for (const [peer, record] of view) {
    if (peer === self) active.push(peer)
    else if (isWithin(record, round, window)) (isSuspected(record) ? suspected : active).push(peer)
  }

  return { active, suspected }
}

/** Was the member silent when it was last asked, and not heard of since? */
export function isSuspected({ lastActive, lastSilent }: MemberRecord): boolean {
  return lastSilent > lastActive
}

function isWithin({ lastActive, status, since }: MemberRecord, round: number, window: number): boolean {
  if (status === 'leave') return false
  if (since > 0 && round < since + JOIN_DELAY) return false

  return Math.max(lastActive, since) >= round - window
}

/** Below this a few slow rounds would do what the window is for. */
const MIN_WINDOW = 20
/** In how many draws' time a member is missed; see {@link activityWindow}. */
const WINDOW_DRAWS = 12

/**
 * Rounds after which a member that was not heard of counts as gone.
 *
 * A live member is drawn in a round with chance p = sample / members, so it
 * goes undrawn for w rounds with chance (1 - p)^w < exp(-p w). Dropping out is
 * for good: who is not drawn is not heard of. A run draws each member many
 * times, and each time is a chance to be lost, so the chance of one must be
 * small beside the number of draws in a run: with w = 12 / p it is below
 * 6.2e-6, one in 160,000 draws. (w = 4 / p would lose 1.8 % a draw, a sixth of
 * the swarm after ten draws each.) A long window costs little, as the dead are
 * found by their silence, not by it.
 *
 * @returns max(20, ceil(12 * members / sample))
 */
export function activityWindow(members: number, sample: number): number {
  return Math.max(MIN_WINDOW, Math.ceil((WINDOW_DRAWS * members) / sample))
}
