/** Rows of one tensor, shape (units, dim), that can be read with dim permuted: where element (unit, k) lies. */
export interface Axis {
  readonly units: number
  readonly dim: number
  readonly offset: number
  readonly unitStride: number
  readonly stride: number
}

/**
 * Inner products of each unit's weights in one model with each unit's in another:
 * gains[i * units + j] = sum over k of a[i, k] * b[j, order[k]], in float64.
 *
 * Another order costs only the k for which it differs from the last: matching changes less and less.
 */
export class CrossGains {
  readonly gains: Float64Array
  readonly #axis: Axis
  readonly #order: Int32Array
  readonly #changed: Int32Array
  /** The changed k of both models, unit by unit, gathered for reading in order. */
  readonly #left: Float64Array
  readonly #right: Float64Array
  #isFresh = true

  constructor(axis: Axis) {
    this.#axis = axis
    this.gains = new Float64Array(axis.units * axis.units)
    this.#order = new Int32Array(axis.dim)
    this.#changed = new Int32Array(axis.dim)
    this.#left = new Float64Array(axis.units * axis.dim)
    this.#right = new Float64Array(axis.units * axis.dim)
  }

  /** Forgets the models. */
  reset(): void {
    this.gains.fill(0)
    this.#isFresh = true
  }

  /** Brings the gains up to date for `order`, shape (dim); the models are those of the last call since the reset. */
  update(a: Float32Array, b: Float32Array, order: Int32Array): void {
    const count = this.#findChanged(order)
    if (count === 0) return

    this.#gather(a, b, order, count)
    addProducts(this.gains, this.#left, this.#right, this.#axis.units, count)
    this.#order.set(order)
    this.#isFresh = false
  }

  #findChanged(order: Int32Array): number {
    let count = 0
    for (let k = 0; k < order.length; k++) {
      if (this.#isFresh || order[k] !== this.#order[k]) this.#changed[count++] = k
    }

    return count
  }

  /** What is to be multiplied: a's weights, and b's in the new order less those in the old. */
  #gather(a: Float32Array, b: Float32Array, order: Int32Array, count: number): void {
    const { units, offset, unitStride, stride } = this.#axis
    for (let unit = 0; unit < units; unit++) {
      const from = offset + unit * unitStride
      for (let c = 0; c < count; c++) {
        const k = this.#changed[c]!
        const last = this.#isFresh ? 0 : b[from + this.#order[k]! * stride]!
        this.#left[unit * count + c] = a[from + k * stride]!
        this.#right[unit * count + c] = b[from + order[k]! * stride]! - last
      }
    }
  }
}

/** Terms that are multiplied at a time: eight rows of it stay in the first-level cache. */
const BLOCK = 256

/** out[i, j] += sum over k of left[i, k] * right[j, k], shape (units, depth) each. */
function addProducts(out: Float64Array, left: Float64Array, right: Float64Array, units: number, depth: number): void {
  const even = units & ~1
  const whole = units & ~3
  for (let start = 0; start < depth; start += BLOCK) {
    const end = Math.min(depth, start + BLOCK)
    for (let j = 0; j < whole; j += 4) {
      for (let i = 0; i < even; i += 2) addTile(out, left, right, { units, depth, start, end }, i, j)
      if (even < units) addCells(out, left, right, { units, depth, start, end }, even, j, j + 4)
    }
    for (let i = 0; i < units; i++) addCells(out, left, right, { units, depth, start, end }, i, whole, units)
  }
}

interface Span {
  units: number
  depth: number
  start: number
  end: number
}

/** Two rows by four columns at a time: each number read serves several products. */
function addTile(
  out: Float64Array,
  left: Float64Array,
  right: Float64Array,
  { units, depth, start, end }: Span,
  i: number,
  j: number
): void {
  const count = end - start
  const a0 = i * depth + start
  const a1 = a0 + depth
  const b0 = j * depth + start
  const b1 = b0 + depth
  const b2 = b1 + depth
  const b3 = b2 + depth
  let s00 = 0
  let s01 = 0
  let s02 = 0
  let s03 = 0
  let s10 = 0
  let s11 = 0
  let s12 = 0
  let s13 = 0
  for (let k = 0; k < count; k++) {
    const x0 = left[a0 + k]!
    const x1 = left[a1 + k]!
    const y0 = right[b0 + k]!
    const y1 = right[b1 + k]!
    const y2 = right[b2 + k]!
    const y3 = right[b3 + k]!
    s00 += x0 * y0
    s01 += x0 * y1
    s02 += x0 * y2
    s03 += x0 * y3
    s10 += x1 * y0
    s11 += x1 * y1
    s12 += x1 * y2
    s13 += x1 * y3
  }
  const o0 = i * units + j
  const o1 = o0 + units
  out[o0] = out[o0]! + s00
  out[o0 + 1] = out[o0 + 1]! + s01
  out[o0 + 2] = out[o0 + 2]! + s02
  out[o0 + 3] = out[o0 + 3]! + s03
  out[o1] = out[o1]! + s10
  out[o1 + 1] = out[o1 + 1]! + s11
  out[o1 + 2] = out[o1 + 2]! + s12
  out[o1 + 3] = out[o1 + 3]! + s13
}

/** What is left at the edges: row i, columns from firstColumn to lastColumn - 1. */
function addCells(
  out: Float64Array,
  left: Float64Array,
  right: Float64Array,
  { units, depth, start, end }: Span,
  i: number,
  firstColumn: number,
  lastColumn: number
): void {
  for (let j = firstColumn; j < lastColumn; j++) {
    let sum = 0
    for (let k = start; k < end; k++) sum += left[i * depth + k]! * right[j * depth + k]!
    out[i * units + j] = out[i * units + j]! + sum
  }
}
