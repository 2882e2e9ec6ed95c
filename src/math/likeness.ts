/** Sums over two vectors, from which distance and cosine follow. */
export interface Sums {
  readonly dot: number
  readonly squaresA: number
  readonly squaresB: number
  readonly squaredDistance: number
}

export interface Likeness {
  /** Euclidean. */
  readonly distance: number
  /** Null where one of the two is all zero. */
  readonly cosine: number | null
}

export const NO_SUMS: Sums = Object.freeze({ dot: 0, squaresA: 0, squaresB: 0, squaredDistance: 0 })

/** Sums over the elements from `start` up to `end`, which the vectors must both have. Accumulates in float64. */
export function sumsOf(a: Float32Array, b: Float32Array, start: number, end: number): Sums {
  let dot = 0
  let squaresA = 0
  let squaresB = 0
  let squaredDistance = 0
  for (let i = start; i < end; i++) {
    const x = a[i]!
    const y = b[i]!
    dot += x * y
    squaresA += x * x
    squaresB += y * y
    squaredDistance += (x - y) * (x - y)
  }

  return { dot, squaresA, squaresB, squaredDistance }
}

export function addSums(one: Sums, other: Sums): Sums {
  return {
    dot: one.dot + other.dot,
    squaresA: one.squaresA + other.squaresA,
    squaresB: one.squaresB + other.squaresB,
    squaredDistance: one.squaredDistance + other.squaredDistance
  }
}

/** Rounding keeps no cosine of alike vectors above 1. */
export function likenessOf({ dot, squaresA, squaresB, squaredDistance }: Sums): Likeness {
  const lengths = Math.sqrt(squaresA) * Math.sqrt(squaresB)

  return {
    distance: Math.sqrt(squaredDistance),
    cosine: lengths === 0 ? null : Math.min(1, Math.max(-1, dot / lengths))
  }
}
