import { PhiloxRng } from '../math/philox.ts'
import { hashPlace, type ProjectionPlace } from './hash-key.ts'
import { magnitudeIndex } from './projection.ts'

const DOMAIN = 'starling/spsa/choice/1'
/** Weight of the candidate with the smallest score. With 65,536 candidates the sum of all weights is below 2^32. */
const BASE_WEIGHT = 4096
/** (e - 1) * BASE_WEIGHT: the largest score has e times the weight of the smallest. */
const WEIGHT_SPAN = 7038
/** Magnitudes as integers: this many units for the smallest, so that means of a few still differ. */
const MAGNITUDE_UNITS = 16
/** Sums of 2^24 magnitudes, and a score times the span of weights, stay below 2^53. */
const MAX_UNITS = 2 ** 28

/** Draws that everyone can repeat, from where a projection stands. */
function drawsOf(place: ProjectionPlace): PhiloxRng {
  const { key0, key1 } = hashPlace(DOMAIN, place)

  return new PhiloxRng(key0, key1)
}

/** Which of `size` candidates a projection is measured along: each equally likely, without bias. */
export function uniformCandidate(place: ProjectionPlace, size: number): number {
  return drawsOf(place).below(size)
}

/** What an author's log so far says of the candidates: plain data. */
export interface ChoiceState {
  /** How often each was measured along, shape (K). */
  readonly counts: Uint32Array
  /** Sums of the magnitudes measured, integers below 2^53, shape (K). */
  readonly sums: Float64Array
}

/**
 * Prefers candidates along which an author's projections were large.
 *
 * A candidate's score is the mean of 0 and the magnitudes that the author measured along it. With u from 0, for the
 * smallest score, to 1, for the largest, its weight is 1 + (e - 1) u.
 *
 * Source: FedKSeed-Pro, Qin et al., arXiv:2312.06353, with three deviations. The scores come from the author's own log
 * only: whoever has the log can tell which candidate each of its bytes is for, whatever else has arrived; the published
 * code looks into everybody's measurements. Weights are linear in u where they are exp(u) there, with the same ends, at
 * most 12 % more between; and all of it is in integers, so the draw is the same on every machine. Magnitudes are
 * clipped at 2^24 times the smallest, not at 1,000.
 */
export class PoolChoice {
  readonly #size: number
  /** Entry k: magnitude k in units; shape (128). */
  readonly #units: Float64Array

  /** @param magnitudes - of the job's bytes, shape (128), by `magnitudesOf` */
  constructor(size: number, magnitudes: Float64Array) {
    this.#size = size
    const smallest = magnitudes[1]!
    this.#units = magnitudes.map((magnitude) =>
      Math.min(MAX_UNITS, Math.floor((magnitude / smallest) * MAGNITUDE_UNITS + 0.5))
    )
    this.#units[0] = 0
  }

  /** Of an empty log. */
  init(): ChoiceState {
    return { counts: new Uint32Array(this.#size), sums: new Float64Array(this.#size) }
  }

  /** Which candidate the author's next projection is measured along, at `place`. Cost: O(K), 10 us for 4,096. */
  choose(state: ChoiceState, place: ProjectionPlace): number {
    const scores = state.sums.map((sum, k) => Math.floor(sum / (state.counts[k]! + 1)))
    const weights = weightsOf(scores)
    let left = drawsOf(place).below(weights.reduce((sum, weight) => sum + weight, 0))
    for (let k = 0; k < this.#size; k++) {
      left -= weights[k]!
      if (left < 0) return k
    }

    throw new RangeError('weights that do not add up')
  }

  /**
   * Takes in the next byte of the log, which was for `candidate`. Changes `state`.
   * @throws {RejectedError} ERR_PROJECTION_BYTE
   */
  next(state: ChoiceState, candidate: number, byte: number): void {
    state.sums[candidate] = state.sums[candidate]! + this.#units[magnitudeIndex(byte)]!
    state.counts[candidate] = state.counts[candidate]! + 1
  }
}

/** Integers from 4,096 to 4,096 e, linear in the score. */
function weightsOf(scores: Float64Array): Float64Array {
  const smallest = scores.reduce((a, b) => Math.min(a, b), Infinity)
  const span = scores.reduce((a, b) => Math.max(a, b), -Infinity) - smallest
  if (span === 0) return scores.map(() => BASE_WEIGHT)

  return scores.map((score) => BASE_WEIGHT + Math.floor((WEIGHT_SPAN * (score - smallest)) / span))
}
