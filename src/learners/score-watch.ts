import type { SenderScore } from '../robust/filters/filter.ts'
import type { UntimedEvent } from './untimed-event.ts'

/** After a peer was reported, a change is news again only so many rounds later: a borderline one would change in each. */
const QUIET_ROUNDS = 10

/** Reports when a filter has come to another conclusion about a peer: whether its models count. */
export class ScoreWatch {
  readonly #emit: (event: UntimedEvent) => void
  /** What was reported last of each peer that the filter remembers. */
  #reported = new Map<string, { isExcluded: boolean; round: number }>()

  constructor({ emit }: { emit: (event: UntimedEvent) => void }) {
    this.#emit = emit
  }

  /** After round `round`; nobody is excluded before the first. */
  look(round: number, scores: readonly SenderScore[]): void {
    const before = this.#reported
    this.#reported = new Map()
    for (const score of scores) {
      const last = before.get(score.sender)
      if (isNews(score, last, round)) this.#report(round, score)
      else if (last !== undefined) this.#reported.set(score.sender, last)
    }
  }

  #report(round: number, { sender: peer, score, isExcluded, reason }: SenderScore): void {
    this.#reported.set(peer, { isExcluded, round })
    this.#emit({ event: 'peer:scored', round, peer, score, excluded: isExcluded, reason })
  }
}

function isNews(
  { isExcluded }: SenderScore,
  last: { isExcluded: boolean; round: number } | undefined,
  round: number
): boolean {
  if (last === undefined) return isExcluded

  return isExcluded !== last.isExcluded && round >= last.round + QUIET_ROUNDS
}
