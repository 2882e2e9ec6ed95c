import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { InvalidConfigError, RejectedError } from '../../src/interface/errors.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { Accumulator } from '../../src/spsa/accumulator.ts'
import { SeedPool } from '../../src/spsa/seed-pool.ts'

const jobId = '5e'.repeat(32)
const heap = new VectorHeap()
const open: Accumulator[] = []

function accumulator(dim: number): Accumulator {
  const made = new Accumulator(heap, { base: new Float32Array(dim), scale: 1 })
  open.push(made)

  return made
}

afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

const moves = fc.array(fc.record({ candidate: fc.nat(15), coefficient: fc.integer({ min: -100_000, max: 100_000 }) }), {
  maxLength: 80
})
const filled = (size: number): SeedPool => {
  const pool = new SeedPool({ jobId, size })
  for (let k = 0; k < size; k++) pool.add(k, 3 * k - size)

  return pool
}

describe('a seed pool', () => {
  test('leads to the same state as its projections one by one, also over a checkpoint', () => {
    fc.assert(
      fc.property(moves, fc.constantFrom(1, 130, 513), (all, dim) => {
        const pool = new SeedPool({ jobId, size: 16 })
        const [one, rebuilt] = [accumulator(dim), accumulator(dim)]
        for (const { candidate, coefficient } of all) {
          pool.add(candidate, coefficient)
          one.apply([{ key: pool.keys[candidate]!, coefficient }])
        }
        const restored = new SeedPool({ jobId, size: 16 })
        restored.load(Buffer.concat([Buffer.alloc(3), pool.encode()]).subarray(3))
        rebuilt.apply([{ key: { key0: 9, key1: 9 }, coefficient: 77 }]) // forgotten
        restored.rebuild(rebuilt)

        expect(rebuilt.sha256()).toBe(one.sha256())
        expect(rebuilt.sum).toBe(one.sum)
      }),
      { numRuns: 40 }
    )
  })

  test('what is taken out again leaves nothing behind', () => {
    const [pool, other] = [filled(8), filled(8)]
    pool.add(3, -12)
    pool.remove(3, -12)
    expect(pool.encode()).toEqual(other.encode())
  })

  test('a checkpoint of 4,096 candidates is under 18 KB', () => {
    expect(filled(4096).encode().byteLength).toBe(4 * 4096 + 56)
    expect(filled(4096).encode().byteLength).toBeLessThan(18_000)
  })

  test('candidates differ, and are others in another job', () => {
    const text = (pool: SeedPool): string[] => pool.keys.map(({ key0, key1 }) => `${key0} ${key1}`)
    const all = [...text(filled(500)), ...text(new SeedPool({ jobId: '5f'.repeat(32), size: 500 }))]
    expect(new Set(all).size).toBe(1000)
    expect(text(filled(500)).slice(0, 8)).toEqual(text(filled(8)))
  })

  test('sums that could overflow are refused, and nothing changes', () => {
    const pool = new SeedPool({ jobId, size: 2 })
    pool.add(0, 2 ** 31 - 1)
    expect(() => pool.add(1, 1)).toThrow(expect.objectContaining({ code: 'ERR_ACCUMULATOR_RANGE' }))
    expect([...pool.sums]).toEqual([2 ** 31 - 1, 0])
  })

  test.each([0, 1.5, 65_537])('%d candidates are refused', (size) => {
    expect(() => new SeedPool({ jobId, size })).toThrow(InvalidConfigError)
  })

  test('a checkpoint that is not whole, or not of this job, is refused and changes nothing', () => {
    const bytes = filled(8).encode()
    const bad = [
      ...Array.from({ length: bytes.length }, (_, i) => bytes.map((byte, j) => (i === j ? byte ^ 4 : byte))),
      ...Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)),
      Uint8Array.of(...bytes, 0),
      new SeedPool({ jobId: '5f'.repeat(32), size: 8 }).encode(),
      new SeedPool({ jobId, size: 9 }).encode()
    ]
    const pool = filled(8)
    for (const each of bad) {
      expect(() => pool.load(each)).toThrow(RejectedError)
      expect(() => pool.load(each)).toThrow(expect.objectContaining({ code: 'ERR_POOL_STATE' }))
    }
    expect(pool.encode()).toEqual(bytes)
  })
})
