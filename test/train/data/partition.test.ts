import { describe, expect, test } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import { dirichlet, logGamma } from '../../../src/train/data/dirichlet.ts'
import { classesHeld, parsePartition, partition } from '../../../src/train/data/partition.ts'

const CLASSES = 10
const labels = Int32Array.from({ length: 10_000 }, (_, i) => i % CLASSES)

/** Shape (nodes, classes): how many examples of each class a node has. */
function table(shares: readonly Uint32Array[]): number[][] {
  return shares.map((share) => {
    const counts = new Array<number>(CLASSES).fill(0)
    for (const index of share) counts[labels[index]!]! += 1
    return counts
  })
}

describe('parsePartition', () => {
  test.each([
    { spec: 'iid', expected: { kind: 'iid' } },
    { spec: 'classes:2', expected: { kind: 'classes', perNode: 2 } },
    { spec: 'dirichlet:0.5', expected: { kind: 'dirichlet', alpha: 0.5 } },
    { spec: 'dirichlet:1e-2', expected: { kind: 'dirichlet', alpha: 0.01 } }
  ])('$spec', ({ spec, expected }) => {
    expect(parsePartition(spec)).toEqual(expected)
  })

  test.each(
    ['', 'IID', 'iid:1', 'classes', 'classes:', 'classes:0', 'classes:1.5', 'classes:-1', 'classes:0x2']
      .concat(['dirichlet:0', 'dirichlet:-1', 'dirichlet:NaN', 'dirichlet:Infinity', 'dirichlet:1:2', 'dirichlet: 1'])
      .concat(['dirichlet:1e-9', 'constructor:1'])
  )('refuses "%s"', (spec) => {
    expect(() => parsePartition(spec)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }))
  })
})

describe('partition', () => {
  test.each([
    { id: 'more nodes than examples', spec: 'iid', nodes: 10_001, says: '10000 examples to 10001 nodes' },
    { id: 'no nodes', spec: 'iid', nodes: 0, says: '0 nodes' },
    { id: 'half a node', spec: 'iid', nodes: 1.5, says: '1.5 nodes' },
    { id: 'K above the classes', spec: 'classes:11', nodes: 8, says: 'only 10 classes' }
  ])('refuses $id', ({ spec, nodes, says }) => {
    expect(() => partition(labels, CLASSES, spec, nodes, 1)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(says) })
    )
  })

  test('refuses to leave a node without examples', () => {
    // two classes of three examples each: four holders of a class are one too many
    const few = Int32Array.of(0, 0, 0, 1, 1, 1)
    expect(partition(few, 2, 'classes:1', 6, 1).map((share) => share.length)).toEqual([1, 1, 1, 1, 1, 1])
    const fewer = Int32Array.of(0, 1, 1, 1, 1, 1)
    expect(() => partition(fewer, 2, 'classes:1', 6, 1)).toThrow('without examples')
  })

  test('a class that does not occur is dealt to nobody', () => {
    const gap = Int32Array.from({ length: 40 }, (_, i) => (i % 2) * 2)
    expect(() => partition(gap, 3, 'classes:3', 4, 1)).toThrow('only 2 classes')
    expect(partition(gap, 3, 'classes:2', 4, 1).map((share) => classesHeld(gap, share))).toEqual(
      new Array(4).fill([0, 2])
    )
  })

  test.each(['iid', 'classes:2', 'dirichlet:0.5'])('%s: another seed deals otherwise', (spec) => {
    expect(partition(labels, CLASSES, spec, 8, 1)).not.toEqual(partition(labels, CLASSES, spec, 8, 2))
  })

  test('the default swarm: 8 nodes, 2 classes each, all ten held', () => {
    const counts = table(partition(labels, CLASSES, 'classes:2', 8, 1))
    for (const row of counts) expect(row.filter((n) => n > 0).length).toBe(2)
    const holders = Array.from({ length: CLASSES }, (_, c) => counts.filter((row) => row[c]! > 0).length)
    expect(holders.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2])
  })

  test('iid shares hold every class in about equal parts', () => {
    // 125 expected, standard deviation below 11
    for (const n of table(partition(labels, CLASSES, 'iid', 8, 1)).flat()) expect(Math.abs(n - 125)).toBeLessThan(55)
  })

  test('a smaller alpha is more skewed', () => {
    const largestShare = (alpha: string): number => {
      const counts = table(partition(labels, CLASSES, `dirichlet:${alpha}`, 8, 5))
      const largest = Array.from({ length: CLASSES }, (_, c) => Math.max(...counts.map((row) => row[c]!)) / 1000)
      return largest.reduce((a, b) => a + b) / CLASSES
    }

    expect(largestShare('0.01')).toBeGreaterThan(0.9)
    expect(largestShare('0.5')).toBeGreaterThan(0.3)
    expect(largestShare('0.5')).toBeLessThan(0.8)
    expect(largestShare('100000')).toBeLessThan(0.14)
  })
})

describe('classesHeld', () => {
  test('distinct, ascending by number', () => {
    expect(classesHeld(Int32Array.of(10, 9, 10, 2, 5), [0, 1, 2, 3])).toEqual([2, 9, 10])
  })
})

describe('dirichlet', () => {
  // of Gamma(a): mean a, variance a; 20,000 draws leave the mean within 5 standard errors
  test.each([0.3, 1, 4.5])('Gamma(%s) has mean and variance equal to its shape', (shape) => {
    const rng = createRng(11, 'gamma')
    const n = 20_000
    const draws = Array.from({ length: n }, () => Math.exp(logGamma(shape, rng)))
    const mean = draws.reduce((a, b) => a + b, 0) / n
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / n

    expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / n))
    // kurtosis of Gamma is 3 + 6 / a
    expect(Math.abs(variance - shape)).toBeLessThan(5 * shape * Math.sqrt((2 + 6 / shape) / n))
  })

  // the variance of one of k parts is (1/k)(1 - 1/k) / (k alpha + 1)
  test.each([0.1, 1, 10])('Dirichlet(%s) over 4 has the right spread', (alpha) => {
    const rng = createRng(12, 'dirichlet')
    const n = 5000
    let squares = 0
    for (let i = 0; i < n; i++) {
      const parts = dirichlet(alpha, 4, rng)
      expect(parts.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
      for (const part of parts) squares += (part - 0.25) ** 2 / (4 * n)
    }
    expect(squares / (0.1875 / (4 * alpha + 1))).toBeCloseTo(1, 1)
  })

  test('proportions are right where Gamma variates underflow', () => {
    const rng = createRng(1, 'small')
    const draws = Array.from({ length: 500 }, () => dirichlet(0.001, 5, rng))
    expect(draws.flatMap((parts) => [...parts]).every(Number.isFinite)).toBe(true)
    // the two largest logarithms lie an Exp(mean 1 / (4 * 0.001)) apart: within ln 99 of each other in 1.8 % of draws
    const undecided = draws.filter((parts) => Math.max(...parts) < 0.99).length
    expect(undecided).toBeLessThan(25)
    const winners = new Set(draws.map((parts) => parts.indexOf(Math.max(...parts))))
    expect(winners.size).toBe(5)
  })
})
