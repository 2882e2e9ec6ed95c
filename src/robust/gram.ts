/** Small matrices of inner products: of points less a common reference, which no result depends on. */

/**
 * Squared distances of the first `count` points, shape (count, count). Zero, not a rounding error, between points that
 * are the same.
 *
 * @param gram - shape (size, size)
 */
export function pairwiseSquaredDistances(gram: Float64Array, size: number, count: number): Float64Array {
  const distances = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) distances[i * count + j] = squaredDistance(gram, size, i, j)
  }

  return distances
}

export function squaredDistance(gram: Float64Array, size: number, i: number, j: number): number {
  return Math.max(0, gram[i * size + i]! + gram[j * size + j]! - 2 * gram[i * size + j]!)
}

/** Squared distance of each point to the combination of points with these coefficients, which sum to 1; shape (size). */
export function squaredDistancesToCombination(gram: Float64Array, size: number, coefficients: Float64Array) {
  const products = new Float64Array(size)
  let square = 0
  for (let i = 0; i < size; i++) {
    let product = 0
    for (let j = 0; j < size; j++) product += coefficients[j]! * gram[i * size + j]!
    products[i] = product
    square += coefficients[i]! * product
  }

  return products.map((product, i) => Math.max(0, gram[i * size + i]! - 2 * product + square))
}

export interface Centre {
  /** The point with the nearest majority, itself counted. */
  at: number
  /** Squared distance within which that majority lies. */
  squaredRadius: number
  /** Of all points to it. */
  squaredDistances: Float64Array
}

/** @param distances - squared, shape (n, n) */
export function centre(distances: Float64Array, n: number): Centre {
  let best: Centre | undefined
  for (let at = 0; at < n; at++) {
    const squaredDistances = distances.subarray(at * n, (at + 1) * n)
    const squaredRadius = squaredDistances.slice().sort()[n >> 1]!
    if (squaredRadius < (best?.squaredRadius ?? Infinity)) best = { at, squaredRadius, squaredDistances }
  }

  return best!
}

/** The Gram matrix of combinations: C G C'. Rows of C that are the same give entries that are the same. */
export function combineGram(coefficients: Float64Array, gram: Float64Array, rows: number, points: number) {
  const product = multiplySparse(coefficients, gram, rows, points, points)
  const combined = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++) {
      let sum = 0
      for (let k = 0; k < points; k++) {
        const coefficient = coefficients[j * points + k]!
        if (coefficient !== 0) sum += product[i * points + k]! * coefficient
      }
      combined[i * rows + j] = sum
      combined[j * rows + i] = sum
    }
  }

  return combined
}

/** A B for shapes (rows, inner) and (inner, columns), skipping zeros of A. */
export function multiplySparse(a: Float64Array, b: Float64Array, rows: number, inner: number, columns: number) {
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k]!
      if (factor === 0) continue
      for (let j = 0; j < columns; j++) out[i * columns + j]! += factor * b[k * columns + j]!
    }
  }

  return out
}
