import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { createAggregator, parseAggregator } from '../../src/robust/registry.ts'
import { cloud } from './cloud.ts'
import * as by from './reference.ts'

/**
 * What the papers promise: whatever up to f attackers send, in any place. The honest ones are normal, or repeat each
 * other; the attackers send huge values, copies, zeros, and lies a little beyond the honest ones.
 */
const RUNS = 150
/** Rounding of float32 inputs and outputs. */
const SLACK = 1e-5
const vectors = new VectorHeap()

interface Scene {
  readonly updates: Float32Array[]
  /** Which of them are honest. */
  readonly honest: readonly number[]
  readonly f: number
}

const hostileValue = fc.oneof(
  fc.constantFrom(0, -0, 1e30, -1e30, 3e38, -3e38, 1e-30, 100, -100),
  fc.float({ min: -10, max: 10, noNaN: true })
)

/** n updates of which f are hostile; n from `least(f)` to four more. */
const scene = (least: (f: number) => number, maxF = 3): fc.Arbitrary<Scene> =>
  fc
    .record({
      f: fc.integer({ min: 0, max: maxF }),
      more: fc.integer({ min: 0, max: 4 }),
      dim: fc.integer({ min: 1, max: 6 })
    })
    .chain(({ f, more, dim }) => {
      const n = least(f) + more
      const honestCloud = fc.record({
        seed: fc.integer({ min: 0, max: 1e6 }),
        offset: fc.constantFrom(0, 1, 1000),
        spread: fc.constantFrom(0, 1e-3, 1)
      })
      const hostile = fc.oneof(
        fc.array(hostileValue, { minLength: dim, maxLength: dim }).map((values) => () => values),
        // a copy of an honest one, or one a bit outside of them
        fc
          .record({ of: fc.nat(n), factor: fc.constantFrom(1, 1, 1.5, -1, 3) })
          .map(({ of, factor }) => (x: Float32Array[]) => {
            const centre = by.mean(x.map((row) => [...row]))
            return by.plus(centre, by.times(by.minus([...x[of % x.length]!], centre), factor))
          })
      )
      return fc
        .record({
          init: honestCloud,
          hostile: fc.array(hostile, { minLength: f, maxLength: f }),
          order: fc.shuffledSubarray(
            Array.from({ length: n }, (_, i) => i),
            { minLength: n, maxLength: n }
          )
        })
        .map(({ init, hostile, order }) => {
          const good = cloud({ ...init, n: n - f, dim })
          const all = [...good, ...hostile.map((make) => Float32Array.from(make(good)))]
          const places = order.map((from, at) => ({ from, at }))
          return {
            updates: order.map((from) => all[from]!),
            honest: places.filter(({ from }) => from < n - f).map(({ at }) => at),
            f
          }
        })
    })

const aggregate = (text: string, { updates, f }: Scene, own?: number): number[] => {
  const rule = createAggregator(parseAggregator(text, { f }), { vectors, f })
  const out = rule.aggregate(updates, own === undefined ? {} : { own })
  const result = [...out]
  vectors.free(out)

  return result
}

const honestOf = ({ updates, honest }: Scene): number[][] => honest.map((i) => [...updates[i]!])
/** Not less than what rounding leaves of a hostile 1e38 that a rule all but ignores. */
const sizeOf = (x: readonly by.Vector[]): number => Math.max(...x.flat().map(Math.abs), 1e-20)
const majority = (f: number): number => 2 * f + 1

const check = (arbitrary: fc.Arbitrary<Scene>, holds: (scene: Scene) => void): void =>
  fc.assert(fc.property(arbitrary, holds), { numRuns: RUNS })

describe.each(['median', 'trimmed-mean'])('%s', (text) => {
  test('stays within the honest range of each coordinate', () => {
    check(scene(majority), (each) => {
      const x = honestOf(each)
      for (const [k, value] of aggregate(text, each).entries()) {
        const column = x.map((row) => row[k]!)
        expect(value).toBeGreaterThanOrEqual(Math.min(...column))
        expect(value).toBeLessThanOrEqual(Math.max(...column))
      }
    })
  })
})

test('meamed is at most the width of the honest range outside of it', () => {
  check(scene(majority), (each) => {
    const x = honestOf(each)
    for (const [k, value] of aggregate('meamed', each).entries()) {
      const column = x.map((row) => row[k]!)
      const [low, high] = [Math.min(...column), Math.max(...column)]
      const slack = SLACK * Math.max(Math.abs(low), Math.abs(high))
      expect(value).toBeGreaterThanOrEqual(low - (high - low) - slack)
      expect(value).toBeLessThanOrEqual(high + (high - low) + slack)
    }
  })
})

test('bulyan stays within the honest range of each coordinate', () => {
  check(
    scene((f) => 4 * f + 3, 2),
    (each) => {
      // of the n - 2f selected at most f are hostile: their median is within the honest range, and more than f of the
      // values nearest to it are no farther than that range is wide
      const x = honestOf(each)
      for (const [k, value] of aggregate('bulyan', each).entries()) {
        const column = x.map((row) => row[k]!)
        const width = Math.max(...column) - Math.min(...column)
        const slack = SLACK * Math.max(...column.map(Math.abs))
        expect(value).toBeGreaterThanOrEqual(Math.min(...column) - width - slack)
        expect(value).toBeLessThanOrEqual(Math.max(...column) + width + slack)
      }
    }
  )
})

describe('krum', () => {
  test('gives one of the updates back, bit for bit', () => {
    check(
      scene((f) => 2 * f + 3),
      (each) => {
        expect(each.updates.map((update) => [...update])).toContainEqual(aggregate('krum', each))
      }
    )
  })

  test('is as close to an honest update as its score allows', () => {
    // the winner's score is no worse than an honest one's, (n-f-2) diameters squared at most; and at least n-2f-1 of the
    // neighbours that it counts are honest
    check(
      scene((f) => 2 * f + 3),
      (each) => {
        const n = each.updates.length
        const x = honestOf(each)
        const out = aggregate('krum', each)
        const nearest = Math.min(...x.map((row) => by.distance(row, out)))
        const bound = by.diameter(x) * Math.sqrt((n - each.f - 2) / (n - 2 * each.f - 1))
        expect(nearest).toBeLessThanOrEqual(bound + SLACK * sizeOf(x))
      }
    )
  })
})

/**
 * (f, kappa)-robustness: for every n - f updates, and so for the honest ones, |out - mean|^2 is at most kappa times the
 * mean of |x_i - mean|^2. Allouah et al. 2023, arXiv:2302.01772: proposition 2 for trimmed mean, krum (with the n - f
 * nearest, itself included, which is byzfl's count), geometric median and median; lemma 1 for NNM before any of them.
 */
const KAPPA: Readonly<Record<string, (n: number, f: number) => number>> = {
  'trimmed-mean': (n, f) => ((6 * f) / (n - 2 * f)) * (1 + f / (n - 2 * f)),
  'krum:neighbours=byzfl': (n, f) => 6 * (1 + f / (n - 2 * f)),
  'geometric-median': (n, f) => 4 * (1 + f / (n - 2 * f)) ** 2,
  median: (n, f) => 4 * (1 + f / (n - 2 * f)) ** 2
}

const expectKappa = (text: string, each: Scene, kappa: number): void => {
  const x = honestOf(each)
  const centre = by.mean(x)
  const spread = by.sum(x.map((row) => by.distance(row, centre) ** 2)) / x.length
  const error = by.distance(aggregate(text, each), centre)
  expect(error).toBeLessThanOrEqual(Math.sqrt(kappa * spread) * (1 + SLACK) + SLACK * sizeOf(x))
}

describe.each(Object.entries(KAPPA))('%s', (text, kappa) => {
  const least = text.startsWith('krum') ? (f: number) => Math.max(2, 2 * f + 1) : majority

  test('is (f, kappa)-robust', () => {
    check(scene(least), (each) => expectKappa(text, each, kappa(each.updates.length, each.f)))
  })

  test('is (f, 8f/(n-f) (kappa+1))-robust after nnm', () => {
    check(scene(least), (each) => {
      const n = each.updates.length
      expectKappa(`nnm,${text}`, each, ((8 * each.f) / (n - each.f)) * (kappa(n, each.f) + 1))
    })
  })
})

/** Resilient averaging: at most 2f/(n-f) honest diameters from the honest mean. Farhadkhani et al. 2022, 2023. */
const expectResilient = (text: string, each: Scene, own?: number): void => {
  const x = honestOf(each)
  const n = each.updates.length
  const bound = ((2 * each.f) / (n - each.f)) * by.diameter(x)
  expect(by.distance(aggregate(text, each, own), by.mean(x))).toBeLessThanOrEqual(bound + SLACK * sizeOf(x))
}

test('mda is (f, 2f/(n-f))-resilient', () => {
  check(scene(majority), (each) => expectResilient('mda', each))
})

test('monna is (f, 2f/(n-f))-resilient when the own update is honest', () => {
  check(scene(majority), (each) => expectResilient('monna', each, each.honest[0]!))
})

test('smea is (f, 4f/(n-f) (1 + f/(n-2f))^2)-robust', () => {
  // Allouah et al. 2023, arXiv:2302.04787, for the largest eigenvalue; the mean square that is used here is larger
  check(scene(majority), (each) => {
    const n = each.updates.length
    expectKappa('smea', each, ((4 * each.f) / (n - each.f)) * (1 + each.f / (n - 2 * each.f)) ** 2)
  })
})

test('caf does not follow attackers away', () => {
  // no constant is quoted for it: a generous one, which a mean misses by far
  check(
    scene((f) => 3 * f + 1),
    (each) => expectKappa('caf', each, 100)
  )
})

describe('clipping rules move at most so far, whoever is the majority', () => {
  const hostileMajority = scene((f) => f + 1, 6)

  test('self-centered-clipping: tau from the own update', () => {
    check(hostileMajority, (each) => {
      const own = each.honest[0]!
      const out = aggregate('self-centered-clipping:tau=0.5', each, own)
      expect(by.distance(out, [...each.updates[own]!])).toBeLessThanOrEqual(0.5 + SLACK * sizeOf([out]))
    })
  })

  test('centered-clipping: steps times tau from the start', () => {
    check(hostileMajority, (each) => {
      const own = each.honest[0]!
      const out = aggregate('centered-clipping:tau=0.5:steps=3', each, own)
      expect(by.distance(out, [...each.updates[own]!])).toBeLessThanOrEqual(1.5 + SLACK * sizeOf([out]))
    })
  })

  test('clipping before a mean: c from zero', () => {
    check(hostileMajority, (each) => {
      expect(by.norm(aggregate('clipping:c=2,mean', each))).toBeLessThanOrEqual(2 + SLACK)
    })
  })
})

test('arc leaves no update longer than the longest honest one', () => {
  check(scene(majority), (each) => {
    // k >= f of the longest are cut to the next one, or f = 0
    const longest = Math.max(...honestOf(each).map(by.norm))
    expect(by.norm(aggregate('arc,mean', each))).toBeLessThanOrEqual(longest * (1 + SLACK))
  })
})

test('geometric-median: no other point is nearer to all, not even by a step from it', () => {
  check(scene(majority), (each) => {
    const x = honestOf(each).filter((row) => by.norm(row) < 1e6)
    const clean = { ...each, updates: x.map((row) => Float32Array.from(row)) }
    const out = aggregate('geometric-median', clean)
    const best = by.sumOfDistances(x, by.smoothedWeiszfeld(x, 1e-12, 300))
    expect(by.sumOfDistances(x, out)).toBeLessThanOrEqual(best + SLACK * sizeOf(x) * x.length)
  })
})
