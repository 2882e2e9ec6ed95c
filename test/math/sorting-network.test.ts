import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { prunedNetwork, sortingNetwork } from '../../src/math/sorting-network.ts'

function apply(network: Uint16Array, values: readonly number[]): number[] {
  const result = [...values]
  for (let at = 0; at < network.length; at += 2) {
    const [a, b] = [network[at]!, network[at + 1]!]
    const [x, y] = [result[a]!, result[b]!]
    result[a] = Math.min(x, y)
    result[b] = Math.max(x, y)
  }

  return result
}

const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)

describe('sortingNetwork', () => {
  // the 0-1 principle: a network that sorts all zeros and ones sorts everything
  test.each(Array.from({ length: 12 }, (_, i) => i + 1))('sorts every pattern of %i zeros and ones', (n) => {
    const network = sortingNetwork(n)
    for (let pattern = 0; pattern < 2 ** n; pattern++) {
      const values = Array.from({ length: n }, (_, i) => (pattern >> i) & 1)
      expect(apply(network, values)).toEqual(ascending(values))
    }
  })

  test.each([13, 16, 17, 20, 31, 32, 33, 63, 64, 65, 100])('sorts %i values with one maximum at any place', (n) => {
    const network = sortingNetwork(n)
    const rng = createRng(n, 'test')
    for (let i = 0; i < 50; i++) {
      const values = Array.from({ length: n }, () => rng.below(n))
      expect(apply(network, values)).toEqual(ascending(values))
    }
    for (let ones = 0; ones <= n; ones++) {
      const falling = Array.from({ length: n }, (_, i) => (i < ones ? 1 : 0))
      expect(apply(network, falling)).toEqual(ascending(falling))
    }
  })

  test('is as small as the source says: 63 comparators for 16 values', () => {
    expect(sortingNetwork(16).length / 2).toBe(63)
    expect(sortingNetwork(20).length / 2).toBe(97)
  })
})

describe('prunedNetwork', () => {
  test('keeps what the wanted positions need, and less than all for the middle ones', () => {
    const rng = createRng(1, 'test')
    for (let n = 1; n <= 40; n++) {
      const [from, to] = [(n - 1) >> 1, (n >> 1) + 1]
      const network = prunedNetwork(n, from, to)
      for (let i = 0; i < 50; i++) {
        const values = Array.from({ length: n }, () => rng.below(n))
        expect(apply(network, values).slice(from, to)).toEqual(ascending(values).slice(from, to))
      }
      if (n >= 8) expect(network.length).toBeLessThan(sortingNetwork(n).length)
    }
  })

  test('keeps all when all positions are wanted', () => {
    expect(prunedNetwork(20, 0, 20)).toEqual(sortingNetwork(20))
  })
})
