import type { Geometry } from './geometry.ts'
import { combineGram, multiplySparse, pairwiseSquaredDistances, squaredDistance } from './gram.ts'

/**
 * What a rule sees: m rows, each an affine combination of the points of a geometry. They are the updates themselves
 * or what pre-aggregators made of them, and exist as coefficients only: nothing of length dim is touched here.
 *
 * After the m rows come the origin and the start vector where they take part: *extended* rows, `size` in all. Rules
 * give weights over them, summing to 1.
 */
export class Rows {
  readonly count: number
  /** Row of the node's own update. */
  readonly own: number | undefined
  readonly #geometry: Geometry
  /** Shape (size, points); none when the rows are the updates. */
  readonly #coefficients: Float64Array | undefined
  #gram: Float64Array | undefined

  private constructor(geometry: Geometry, count: number, own: number | undefined, coefficients?: Float64Array) {
    this.#geometry = geometry
    this.count = count
    this.own = own
    this.#coefficients = coefficients
  }

  static ofUpdates(geometry: Geometry): Rows {
    return new Rows(geometry, geometry.updates.length, geometry.own)
  }

  get size(): number {
    return this.count + this.#geometry.points - this.#geometry.updates.length
  }

  /** The extended row that is the zero vector. */
  get origin(): number {
    return this.#geometry.origin - this.#geometry.updates.length + this.count
  }

  /** The extended row that is the start vector. */
  get start(): number {
    return this.#geometry.start - this.#geometry.updates.length + this.count
  }

  /** Inner products of the extended rows, each less a common reference; shape (size, size). */
  gram(): Float64Array {
    this.#gram ??=
      this.#coefficients === undefined
        ? this.#geometry.gram()
        : combineGram(this.#coefficients, this.#geometry.gram(), this.size, this.#geometry.points)

    return this.#gram
  }

  /** Shape (count, count). */
  squaredDistances(): Float64Array {
    return pairwiseSquaredDistances(this.gram(), this.size, this.count)
  }

  /** Squared distances of the rows to one extended row, shape (count): a single pass over memory where that is enough. */
  squaredDistancesTo(row: number): Float64Array {
    if (this.#coefficients === undefined && !this.#geometry.hasGram) return this.#geometry.squaredDistancesTo(row)
    const gram = this.gram()

    return Float64Array.from({ length: this.count }, (_, i) => squaredDistance(gram, this.size, i, row))
  }

  /** New rows made of these. @param weights - over the extended rows, shape (count, size), each row summing to 1 */
  mix(weights: Float64Array, count: number, own: number | undefined): Rows {
    const { points } = this.#geometry
    const extra = this.size - this.count
    const coefficients = new Float64Array((count + extra) * points)
    coefficients.set(this.#onPoints(weights, count))
    for (let k = 0; k < extra; k++) coefficients[(count + k) * points + this.#geometry.updates.length + k] = 1

    return new Rows(this.#geometry, count, own, coefficients)
  }

  /** Coefficients on points of combinations of the extended rows, shape (k, points). */
  #onPoints(weights: Float64Array, k: number): Float64Array {
    if (this.#coefficients === undefined) return weights

    return multiplySparse(weights, this.#coefficients, k, this.size, this.#geometry.points)
  }

  /** Coefficients on the points of one combination of the extended rows, shape (points). */
  combine(weights: Float64Array): Float64Array {
    return this.#onPoints(weights, 1)
  }

  /** Coefficients on the points of each row, shape (count, points); undefined when the rows are the updates. */
  coefficients(): Float64Array | undefined {
    return this.#coefficients?.subarray(0, this.count * this.#geometry.points)
  }
}
