import { saturate } from '../sketch.ts'

/** Rounds that an honest model is late at most, as a rule; one that is later is taken for one of the oldest kept. */
const KEPT = 8

/**
 * What the trainings of the last few rounds began with, as sketches. An update that comes late began where this node was
 * then: held against where it is now it would point back, as if its sign were turned.
 */
export class RecentStarts {
  /** Oldest first. */
  #kept: { round: number; start: Float32Array }[] = []

  /** @param start - a sketch, kept */
  remember(round: number, start: Float32Array): void {
    this.#kept = [...this.#kept.filter((each) => each.round < round), { round, start }].slice(-KEPT)
  }

  /** Makes a difference to the newest start, in place, one to the start of round `round`; newer ones are the newest. */
  shift(difference: Float32Array, round: number): void {
    const newest = this.#kept.at(-1)?.start
    const then = this.#kept.findLast((each) => each.round <= round)?.start ?? this.#kept[0]?.start
    if (newest === undefined || then === undefined || then === newest) return

    for (let i = 0; i < difference.length; i++) difference[i] = saturate(difference[i]! + newest[i]! - then[i]!)
  }
}
