import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SenderMemory } from '../../../src/robust/filters/sender-memory.ts'

test('whoever was not heard from for longest makes room', () => {
  const memory = new SenderMemory<number>(2)
  memory.hear('a', () => 1)
  memory.hear('b', () => 2)
  expect(memory.hear('a', () => 9)).toBe(1)
  memory.hear('c', () => 3)

  expect(memory.entries()).toEqual([
    ['a', 1],
    ['c', 3]
  ])
  expect(memory.dropped).toBe(1)
})

test('never holds more than its limit, and always the last ones heard', () => {
  const sender = fc.constantFrom(...'abcdefgh')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(sender), (limit, heard) => {
      const memory = new SenderMemory<string>(limit)
      for (const name of heard) memory.hear(name, () => name)
      const last = [...new Set(heard.toReversed())].slice(0, limit).reverse()
      expect(memory.entries().map(([name]) => name)).toEqual(last)
    })
  )
})
