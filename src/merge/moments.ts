/**
 * Mean and variance of numbers that come in blocks, in float64. Each block is read twice while it is in the cache, so
 * values far from zero cancel nowhere; blocks are joined by Chan's rule.
 *
 * Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 */
export class Moments {
  #count = 0
  #mean = 0
  /** Sum of squared distances to the mean. */
  #squares = 0

  get mean(): number {
    return this.#mean
  }

  /** Population variance: divided by the count. 0 when there is nothing. */
  get variance(): number {
    return this.#count === 0 ? 0 : this.#squares / this.#count
  }

  reset(): void {
    this.#count = 0
    this.#mean = 0
    this.#squares = 0
  }

  /** Takes values[start] to values[end - 1]: few enough for the cache. */
  addBlock(values: Float32Array, start: number, end: number): void {
    const count = end - start
    if (count <= 0) return

    const mean = blockSum(values, start, end) / count
    const squares = blockSquares(values, start, end, mean)
    const total = this.#count + count
    const shift = mean - this.#mean
    this.#squares += squares + ((shift * shift * this.#count) / total) * count
    this.#mean += (shift * count) / total
    this.#count = total
  }
}

// Four sums at a time: one addition would otherwise wait for the last.

function blockSum(values: Float32Array, start: number, end: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = start
  for (; i + 3 < end; i += 4) {
    s0 += values[i]!
    s1 += values[i + 1]!
    s2 += values[i + 2]!
    s3 += values[i + 3]!
  }
  for (; i < end; i++) s0 += values[i]!

  return s0 + s1 + (s2 + s3)
}

function blockSquares(values: Float32Array, start: number, end: number, mean: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = start
  for (; i + 3 < end; i += 4) {
    const d0 = values[i]! - mean
    const d1 = values[i + 1]! - mean
    const d2 = values[i + 2]! - mean
    const d3 = values[i + 3]! - mean
    s0 += d0 * d0
    s1 += d1 * d1
    s2 += d2 * d2
    s3 += d3 * d3
  }
  for (; i < end; i++) s0 += (values[i]! - mean) ** 2

  return s0 + s1 + (s2 + s3)
}
