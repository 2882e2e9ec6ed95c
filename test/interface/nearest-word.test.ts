import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearestWord } from '../../src/interface/nearest-word.ts'

describe('editDistance', () => {
  test.each([
    { a: '', b: 'abc', expected: 3 },
    { a: 'kitten', b: 'sitting', expected: 3 },
    // one swap, where Levenshtein's distance is 2
    { a: 'nodse', b: 'nodes', expected: 1 },
    // 3, not 2: "ca" to "ac" to "abc" would edit a swapped pair again
    { a: 'ca', b: 'abc', expected: 3 },
    { a: 'abcdef', b: 'badcfe', expected: 3 }
  ])('$a to $b is $expected', ({ a, b, expected }) => {
    expect(editDistance(a, b)).toBe(expected)
  })

  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })

  test('is symmetric, zero only for equal words, and within the bounds set by the lengths', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(editDistance(b, a)).toBe(distance)
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      })
    )
  })

  test('is at most 1 after one swap, insertion, deletion or substitution', () => {
    fc.assert(
      fc.property(word, fc.nat(7), (a, at) => {
        const i = Math.min(at, a.length)
        const [head, tail] = [a.slice(0, i), a.slice(i)]
        const edited = [
          `${head}c${tail}`,
          head + tail.slice(1),
          `${head}c${tail.slice(1)}`,
          head + tail.slice(1, 2) + tail.slice(0, 1) + tail.slice(2)
        ]
        for (const b of edited) expect(editDistance(a, b)).toBeLessThanOrEqual(1)
      })
    )
  })
})

describe('nearestWord', () => {
  const keys = ['nodes', 'node', 'seed', 'seconds', 'partition', 'topology', 'lr']

  test.each([
    { word: 'sede', expected: 'seed' },
    { word: 'Nodes', expected: 'nodes' },
    { word: 'nod', expected: 'node' },
    { word: 'partiton', expected: 'partition' },
    { word: 'toplogy', expected: 'topology' },
    { word: 'rl', expected: 'lr' },
    { word: 'device', expected: undefined },
    { word: 'xyz', expected: undefined },
    { word: '', expected: undefined },
    { word: 'nodes'.repeat(1000), expected: undefined }
  ])('$word: $expected', ({ word, expected }) => {
    expect(nearestWord(word, keys)).toBe(expected)
  })

  test('takes the first of equals, and nothing from nothing', () => {
    expect(nearestWord('cat', ['bat', 'hat'])).toBe('bat')
    expect(nearestWord('cat', [])).toBeUndefined()
  })
})
