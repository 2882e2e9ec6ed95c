import type { VectorMath } from '../interface/vectors.ts'
import { AggregationError } from './errors.ts'
import { centre, pairwiseSquaredDistances } from './gram.ts'

/**
 * Differences are taken to a reference while reading. A reference farther than this from the middle of the cloud,
 * in squares, relative to how wide the cloud is, costs more digits than float64 has to spare.
 */
const FAR = 1e6
/** From 1e38 away each new reference is about 1e8 times nearer: six would do for any float32. */
const MAX_REFERENCES = 8

export interface GeometryInit {
  readonly vectors: VectorMath
  /** n vectors, shape (dim). */
  readonly updates: readonly Float32Array[]
  /** Which of them is the node's own. */
  readonly own?: number | undefined
  /** Whether anything asks where the zero vector lies: norms, or what was scaled towards it. */
  readonly usesOrigin: boolean
  /** One more point, shape (dim). */
  readonly start?: Float32Array | undefined
}

/**
 * Distances and inner products of the updates in hand, each read from memory at most once, and only when asked for.
 *
 * Its *points* are the n updates, then the origin and the start vector where they take part. The origin is a point
 * like any other: so all that rules make of their inputs, scaled ones included, are affine combinations of points,
 * and only differences matter.
 *
 * All that it hands out is finite: whatever reads the updates looks, and throws ERR_UPDATE_NOT_FINITE.
 */
export class Geometry {
  readonly updates: readonly Float32Array[]
  readonly own: number | undefined
  readonly #init: GeometryInit
  #gram: Float64Array | undefined
  #isChecked = false

  /** @throws {AggregationError} ERR_UPDATES_DIM, ERR_OWN_UPDATE, ERR_START_VECTOR */
  constructor(init: GeometryInit) {
    this.#init = init
    this.updates = init.updates
    this.own = init.own
    checkShapes(init)
  }

  get points(): number {
    return this.updates.length + (this.#init.usesOrigin ? 1 : 0) + (this.#init.start === undefined ? 0 : 1)
  }

  /** The point that is the zero vector. */
  get origin(): number {
    if (!this.#init.usesOrigin) throw new RangeError('the origin takes no part here')

    return this.updates.length
  }

  /** The point that is the start vector. */
  get start(): number {
    if (this.#init.start === undefined) throw new RangeError('there is no start vector')

    return this.points - 1
  }

  /** Whether inner products are at hand, so that distances cost nothing. */
  get hasGram(): boolean {
    return this.#gram !== undefined
  }

  /** The vector of a point; undefined for the origin. */
  vector(point: number): Float32Array | undefined {
    return point < this.updates.length ? this.updates[point] : this.#isOrigin(point) ? undefined : this.#init.start
  }

  /** Squared distance of each update to one point, shape (n). One pass over the updates. */
  squaredDistancesTo(point: number): Float64Array {
    const { vectors } = this.#init
    const to = this.vector(point)
    const squares = Float64Array.from(this.updates, (update) =>
      to === undefined ? vectors.dot(update, update) : vectors.squaredDistance(update, to)
    )
    this.#check(squares)

    return squares
  }

  /**
   * Inner products of the points, each less a common reference, shape (points, points).
   *
   * The reference is the own update, or the first, unless it lies far off: what an attacker sends must not cost the
   * honest ones their digits. Then it is the update with the nearest majority, and all is read again.
   */
  gram(): Float64Array {
    this.#gram ??= this.#readGram()

    return this.#gram
  }

  /** @throws {AggregationError} ERR_UPDATE_NOT_FINITE unless all updates have been read and found finite */
  checkFinite(): void {
    if (this.#isChecked) return

    const at = this.updates.findIndex((update) => !this.#init.vectors.allFinite(update))
    if (at >= 0) {
      throw new AggregationError('ERR_UPDATE_NOT_FINITE', `update ${at} holds NaN or an infinity`, { update: at })
    }
    this.#isChecked = true
  }

  #readGram(): Float64Array {
    const { vectors, updates } = this.#init
    const n = updates.length
    const gram = new Float64Array(this.points ** 2)
    const zero = this.#init.usesOrigin ? vectors.allocate(updates[0]!.length) : undefined

    try {
      const points = Array.from({ length: this.points }, (_, point) => this.vector(point) ?? zero!)
      let reference = this.own ?? 0
      for (let pass = 0; pass < MAX_REFERENCES; pass++) {
        vectors.gramInto(gram, points, updates[reference]!)
        this.#check(Float64Array.from(updates, (_, i) => gram[i * points.length + i]!))
        const { at, squaredRadius, squaredDistances } = centre(pairwiseSquaredDistances(gram, points.length, n), n)
        if (squaredDistances[reference]! <= FAR * squaredRadius) break
        reference = at
      }
    } finally {
      if (zero !== undefined) vectors.free(zero)
    }

    return gram
  }

  /** @param squares - one for each update, not finite when the update is not */
  #check(squares: Float64Array): void {
    if (squares.every((square) => Number.isFinite(square))) this.#isChecked = true
    else this.checkFinite()
  }

  #isOrigin(point: number): boolean {
    return this.#init.usesOrigin && point === this.updates.length
  }
}

function checkShapes({ updates, own, start }: GeometryInit): void {
  const dim = updates[0]?.length ?? 0
  const at = updates.findIndex((update) => update.length !== dim)
  if (at >= 0) {
    const message = `update ${at} has ${updates[at]!.length} params, the first has ${dim}`
    throw new AggregationError('ERR_UPDATES_DIM', message, { update: at, length: updates[at]!.length, dim })
  }
  if (own !== undefined && !(Number.isInteger(own) && own >= 0 && own < updates.length)) {
    throw new AggregationError('ERR_OWN_UPDATE', `own is ${own}, of ${updates.length} updates`, { own })
  }
  if (start !== undefined && (start.length !== dim || !start.every((value) => Number.isFinite(value)))) {
    throw new AggregationError('ERR_START_VECTOR', `the start vector is no finite vector of ${dim} params`, { dim })
  }
}
