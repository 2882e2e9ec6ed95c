import { expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { symmetricEigen } from '../../src/math/symmetric-eigen.ts'

const symmetric = (n: number, seed: number): Float64Array => {
  const rng = createRng(seed, 'eigen')
  const matrix = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      matrix[i * n + j] = rng.normal()
      matrix[j * n + i] = matrix[i * n + j]!
    }
  }

  return matrix
}

test('eigenvalues that are known, largest first', () => {
  expect([...symmetricEigen(Float64Array.of(2, 1, 1, 2), 2).values]).toEqual([
    expect.closeTo(3, 14),
    expect.closeTo(1, 14)
  ])
  expect([...symmetricEigen(Float64Array.of(-5), 1).values]).toEqual([-5])
  expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0])
})

test.each([1, 2, 3, 8, 20, 40])('A v = lambda v, and the vectors are orthonormal: n = %i', (n) => {
  const matrix = symmetric(n, n)
  const before = matrix.slice()
  const { values, vectors } = symmetricEigen(matrix, n)

  expect(matrix).toEqual(before)
  expect([...values]).toEqual([...values].sort((a, b) => b - a))
  for (let k = 0; k < n; k++) {
    const v = vectors.subarray(k * n, (k + 1) * n)
    for (let i = 0; i < n; i++) {
      const product = v.reduce((sum, value, j) => sum + matrix[i * n + j]! * value, 0)
      expect(Math.abs(product - values[k]! * v[i]!)).toBeLessThan(1e-12 * n)
    }
    for (let m = 0; m <= k; m++) {
      const inner = v.reduce((sum, value, j) => sum + value * vectors[m * n + j]!, 0)
      expect(Math.abs(inner - (m === k ? 1 : 0))).toBeLessThan(1e-13 * n)
    }
  }
})

test.each([1e-150, 1e150])('entries of %d neither overflow nor vanish', (scale) => {
  const { values } = symmetricEigen(Float64Array.of(2 * scale, scale, scale, 2 * scale), 2)

  expect(values[0]! / scale).toBeCloseTo(3, 12)
  expect(values[1]! / scale).toBeCloseTo(1, 12)
})

test('a start from the axes of a matrix that differs little leads to the same result', () => {
  const n = 12
  const matrix = symmetric(n, 5)
  const change = symmetric(n, 6)
  const next = matrix.map((value, at) => value + 0.01 * change[at]!)
  const afresh = symmetricEigen(next, n)
  const onwards = symmetricEigen(next, n, symmetricEigen(matrix, n).vectors)

  for (const [k, value] of afresh.values.entries()) {
    expect(onwards.values[k]).toBeCloseTo(value, 12)
    const [a, b] = [afresh, onwards].map(({ vectors }) => vectors.subarray(k * n, (k + 1) * n))
    const cosine = a!.reduce((sum, entry, i) => sum + entry * b![i]!, 0)
    expect(Math.abs(cosine)).toBeCloseTo(1, 10)
  }
})
