import { describe, expect, test } from 'vitest'
import { createRng, philox4x32 } from '../../src/math/philox.ts'

function block(counter: number[], key: [number, number]): string[] {
  const out = new Uint32Array(4)
  philox4x32(Uint32Array.from(counter), key[0], key[1], out)
  return [...out].map((word) => word.toString(16).padStart(8, '0'))
}

describe('philox4x32', () => {
  // kat_vectors of the Random123 distribution (Salmon et al., SC 2011)
  const all = 0xffffffff
  test.each([
    { counter: [0, 0, 0, 0], key: [0, 0], expected: ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'] },
    { counter: [all, all, all, all], key: [all, all], expected: ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'] },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      expected: ['d16cfe09', '94fdcceb', '5001e420', '24126ea1']
    }
  ] as const)('known answer for key $key', ({ counter, key, expected }) => {
    expect(block([...counter], [key[0], key[1]])).toEqual(expected)
  })
})

describe('createRng', () => {
  test('the same seed and stream give the same numbers, another stream others', () => {
    const draw = (seed: number, stream: string) =>
      Array.from(
        { length: 8 },
        (
          (r) => () =>
            r.uint32()
        )(createRng(seed, stream))
      )
    expect(draw(1, 'a')).toEqual(draw(1, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
  })

  test('normal has mean 0 and variance 1', () => {
    const rng = createRng(7, 'normal')
    const draws = Array.from({ length: 20_000 }, () => rng.normal())
    const mean = draws.reduce((a, b) => a + b) / draws.length
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.04)
  })

  test('shuffle gives every order of three equally often', () => {
    const rng = createRng(3, 'shuffle')
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle([0, 1, 2]).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    // standard deviation of a count is 28.9; a swap with any index would put one order at 1110
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(100)
  })

  test('below refuses bounds it cannot serve', () => {
    expect(() => createRng(1, 'x').below(0)).toThrow(RangeError)
    expect(() => createRng(1, 'x').below(1.5)).toThrow(RangeError)
  })
})
