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
}
