/** Off-diagonal mass, relative to the whole, below which a matrix counts as diagonal. */
const TOLERANCE = 1e-30 // of squares: 1e-15 of values, what float64 carries
/** Cyclic Jacobi converges quadratically: six to ten sweeps are usual, whatever the size. */
const MAX_SWEEPS = 50

export interface SymmetricEigen {
  /** Eigenvalues, largest first, shape (n). */
  readonly values: Float64Array
  /** Row k is the unit eigenvector of values[k], shape (n, n). */
  readonly vectors: Float64Array
}

/**
 * All eigenpairs of a symmetric matrix, by cyclic Jacobi rotations: slow for large matrices, accurate to the last
 * digits for the small ones (one row per update) that the robust rules have.
 *
 * Source: Golub and Van Loan, Matrix Computations, 8.5.
 *
 * @param matrix - shape (n, n), symmetric and finite; not written to
 * @param near - the vectors of a matrix that differs little from this one: saves most of the sweeps
 *
 * Cost: O(n^3) a sweep.
 */
export function symmetricEigen(matrix: Float64Array, n: number, near?: Float64Array): SymmetricEigen {
  const scale = largestMagnitude(matrix)
  // squares of huge entries would overflow
  const scaled = scale === 0 ? matrix.slice() : matrix.map((value) => value / scale)
  const v = near === undefined ? identity(n) : near.slice()
  const a = near === undefined ? scaled : inBasis(near, scaled, n)
  const enough = TOLERANCE * sumOfSquares(a)

  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a, n) > enough; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q)
  }

  return sorted(a, v, n, scale)
}

/** One rotation in the plane of p and q that makes a[p, q] zero. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!
  if (apq === 0) return

  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq)
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const c = 1 / Math.hypot(t, 1)
  const s = t * c
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q, c, s) // columns
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k, c, s) // rows
  for (let k = 0; k < n; k++) turn(v, p * n + k, q * n + k, c, s)
  a[p * n + q] = 0
  a[q * n + p] = 0
}

function turn(x: Float64Array, i: number, j: number, c: number, s: number): void {
  const xi = x[i]!
  const xj = x[j]!
  x[i] = c * xi - s * xj
  x[j] = s * xi + c * xj
}

function sorted(a: Float64Array, v: Float64Array, n: number, scale: number): SymmetricEigen {
  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => a[j * n + j]! - a[i * n + i]!)
  const vectors = new Float64Array(n * n)
  for (const [row, k] of order.entries()) vectors.set(v.subarray(k * n, (k + 1) * n), row * n)

  return { values: Float64Array.from(order, (k) => a[k * n + k]! * (scale === 0 ? 1 : scale)), vectors }
}

/** V A V', for a basis that is the rows of V. */
function inBasis(v: Float64Array, a: Float64Array, n: number): Float64Array {
  const half = timesTransposed(v, a, n) // A is its own transpose

  return timesTransposed(half, v, n)
}

/** A B', all of shape (n, n). */
function timesTransposed(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[j * n + k]!
      out[i * n + j] = sum
    }
  }

  return out
}

function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n)
  for (let k = 0; k < n; k++) matrix[k * n + k] = 1

  return matrix
}

function largestMagnitude(matrix: Float64Array): number {
  let largest = 0
  for (const value of matrix) largest = Math.max(largest, Math.abs(value))

  return largest
}

function sumOfSquares(matrix: Float64Array): number {
  let sum = 0
  for (const value of matrix) sum += value * value

  return sum
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0
  for (let p = 0; p < n; p++) for (let q = 0; q < n; q++) if (p !== q) sum += a[p * n + q]! ** 2

  return sum
}
