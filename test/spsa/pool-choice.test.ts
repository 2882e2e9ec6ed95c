import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PoolChoice, uniformCandidate } from '../../src/spsa/pool-choice.ts'
import { magnitudesOf } from '../../src/spsa/projection.ts'

const at = (step: number, peer = 'ann') => ({ jobId: '5e'.repeat(32), peer, step, query: 0 })
const choice = (size: number): PoolChoice => new PoolChoice(size, magnitudesOf({ lo: 0.01, hi: 100 }))

/** Draws `count` times; how often each came. */
function tally(size: number, count: number, draw: (step: number) => number): number[] {
  const counts = new Array<number>(size).fill(0)
  for (let step = 0; step < count; step++) counts[draw(step)]!++

  return counts
}

describe('a candidate for each projection', () => {
  test('uniform: each as often, within four standard deviations', () => {
    const counts = tally(7, 14_000, (step) => uniformCandidate(at(step), 7))
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(4 * Math.sqrt(2000 * (6 / 7)))
  })

  test('depends on who asks, and on nothing but the place', () => {
    expect(uniformCandidate(at(1), 65_536)).toBe(uniformCandidate(at(1), 65_536))
    expect(uniformCandidate(at(1), 65_536)).not.toBe(uniformCandidate(at(1, 'bob'), 65_536))
    expect(uniformCandidate(at(1), 65_536)).not.toBe(uniformCandidate(at(2), 65_536))
  })

  test('Pro: as often as weights from 1 to e, linear in the mean of 0 and the magnitudes', () => {
    const pro = choice(3)
    const state = pro.init()
    // means of 0 and the magnitudes: (0, 2 m / 3, m / 2): u = (0, 1, 3/4)
    const byte = 100
    pro.next(state, 1, byte)
    pro.next(state, 1, 0x80 | byte)
    pro.next(state, 2, byte)
    const weights = [1, Math.E, 1 + 0.75 * (Math.E - 1)]
    const total = weights.reduce((a, b) => a + b)
    const counts = tally(3, 12_000, (step) => pro.choose(state, at(step)))

    for (const [k, count] of counts.entries()) {
      const expected = (12_000 * weights[k]!) / total
      expect(Math.abs(count - expected), `candidate ${k}`).toBeLessThan(4 * Math.sqrt(expected))
    }
  })

  test('Pro: uniform while nothing is known', () => {
    const pro = choice(4)
    const counts = tally(4, 8000, (step) => pro.choose(pro.init(), at(step)))
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(4 * Math.sqrt(2000))
  })

  test('Pro: whoever replays a log finds the candidates that its author drew', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 127 }), { maxLength: 50 }), (log) => {
        const follow = (): number[] => {
          const pro = choice(16)
          const state = pro.init()
          return log.map((byte, step) => {
            const candidate = pro.choose(state, at(step))
            pro.next(state, candidate, byte)
            return candidate
          })
        }
        expect(follow()).toEqual(follow())
      })
    )
  })

  // worked out a second time in Python
  test('Pro: known draws, which any machine must have', () => {
    const pro = choice(1000)
    const state = pro.init()
    const drawn = Array.from({ length: 12 }, (_, step) => {
      const candidate = pro.choose(state, at(step))
      pro.next(state, candidate, 20 * (step % 6) + 3)
      return candidate
    })
    expect(drawn).toEqual([471, 269, 968, 462, 723, 113, 290, 28, 132, 679, 393, 653])
  })

  test('Pro: sums of the widest range stay exact integers', () => {
    const pro = new PoolChoice(2, magnitudesOf({ lo: 2 ** -64, hi: 2 ** 64 }))
    const state = pro.init()
    for (let i = 0; i < 1000; i++) pro.next(state, 1, 127)
    expect(state.sums[1]! * 2 ** 24).toBeLessThan(1000 * 2 ** 53)
    expect(Number.isSafeInteger(state.sums[1])).toBe(true)
    expect(() => pro.next(state, 1, 0x80)).toThrow(expect.objectContaining({ code: 'ERR_PROJECTION_BYTE' }))
  })
})
