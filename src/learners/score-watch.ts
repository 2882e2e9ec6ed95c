import type { SenderScore } from '../robust/filters/filter.ts'
import type { UntimedEvent } from './untimed-event.ts'

/** After a peer was reported, a change is news again only so many rounds later: a borderline one would change in each. */
const QUIET_ROUNDS = 10

/** A filter's newest word on a peer, and the last one that was reported. */
interface Watched {
  readonly newest: SenderScore
  readonly round: number
  /** Whether the round before said the same: one round alone is no conclusion. */
  readonly isSettled: boolean
  readonly reported: { readonly isExcluded: boolean; readonly round: number }
}

/** Nobody is excluded before the first round, and that any change is news. */
const UNREPORTED = { isExcluded: false, round: -QUIET_ROUNDS }

/** Reports when a filter has come to another conclusion about a peer: whether its models count. */
export class ScoreWatch {
  readonly #emit: (event: UntimedEvent) => void
  /** Of each peer that the filter remembers. */
  #watched = new Map<string, Watched>()

  constructor({ emit }: { emit: (event: UntimedEvent) => void }) {
    this.#emit = emit
  }

  /** After round `round`, in which the filter learnt. */
  look(round: number, scores: readonly SenderScore[]): void {
    const before = this.#watched
    this.#watched = new Map()
    for (const newest of scores) {
      const last = before.get(newest.sender)
      const isSettled = newest.isExcluded === (last?.newest.isExcluded ?? false)
      const watched = { newest, round, isSettled, reported: last?.reported ?? UNREPORTED }
      this.#watched.set(newest.sender, watched)
      if (round >= watched.reported.round + QUIET_ROUNDS) this.#reportNews(watched)
    }
  }

  /** At the end: what was kept back lately, so that the last word on a peer is how things stand. Idempotent. */
  close(): void {
    for (const watched of this.#watched.values()) this.#reportNews(watched)
  }

  #reportNews({ newest, round, isSettled, reported }: Watched): void {
    const { sender: peer, score, isExcluded, reason } = newest
    if (!isSettled || isExcluded === reported.isExcluded) return

    this.#watched.set(peer, { newest, round, isSettled, reported: { isExcluded, round } })
    this.#emit({ event: 'peer:scored', round, peer, score, excluded: isExcluded, reason })
  }
}
