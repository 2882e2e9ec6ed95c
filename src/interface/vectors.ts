/** What to take of the n values that the inputs have in one coordinate. Ties make no difference to any of them. */
export type ColumnRule =
  /** The middle one; the mean of the two middle ones when n is even. */
  | { kind: 'median' }
  /** The mean of those left when the `trim` smallest and the `trim` largest are dropped; 2 * trim < n. */
  | { kind: 'trimmed-mean'; trim: number }
  /** The mean of the `keep` nearest to the median; of two as near, the smaller one. */
  | { kind: 'near-median'; keep: number }

/** Arithmetic on params vectors; `math` has the implementation, with SIMD where the vectors allow it. */
export interface VectorMath {
  /** A new vector of zeros, shape (length). Hand it back with `free`. */
  allocate(length: number): Float32Array
  free(vector: Float32Array): void
  dot(a: Float32Array, b: Float32Array): number
  squaredDistance(a: Float32Array, b: Float32Array): number
  allFinite(a: Float32Array): boolean
  /** out = sum of weights[k] * inputs[k]; `out` may be one of the inputs. */
  weightedSumInto(out: Float32Array, inputs: readonly Float32Array[], weights: readonly number[] | Float64Array): void
  /**
   * outs[m] = sum of coefficients[m * n + k] * inputs[k], all in one pass over memory; no out may be one of the inputs.
   *
   * @param coefficients - shape (outs.length, n)
   */
  weightedSumsInto(
    outs: readonly Float32Array[],
    inputs: readonly Float32Array[],
    coefficients: readonly number[] | Float64Array
  ): void
  /**
   * out[i * n + j] = inner product of inputs[i] - reference and inputs[j] - reference, in float64. Differences are
   * taken while reading: models that are close to each other would cancel to noise.
   *
   * @param out - shape (n, n), symmetric
   */
  gramInto(out: Float64Array, inputs: readonly Float32Array[], reference: Float32Array): void
  /**
   * out[i] = `rule` of what the inputs have at i. All inputs finite. `out` may be one of the inputs. Zero is always +0.
   * @throws {RangeError} when `rule` leaves no value
   */
  columnsInto(out: Float32Array, inputs: readonly Float32Array[], rule: ColumnRule): void
}
