import { expect, test } from 'vitest'
import { upperCased } from '../../../scripts/reproduce/spsa/upper-case.ts'

test('a text in capitals has the characters of the original, and those that it lost once, before it', () => {
  const text = 'ROMEO:\nBut, soft! what Light?\nABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const capitals = upperCased(text)

  expect(capitals.split('\n')).toEqual(['afghiostuw', 'ROMEO:', 'BUT, SOFT! WHAT LIGHT?', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'])
})

test('the vocabulary is that of the original', () => {
  const text = 'To be, or not to be\nABCDEFGHIJKLMNOPQRSTUVWXYZ'

  expect([...new Set(upperCased(text))].sort()).toEqual([...new Set(text)].sort())
  expect(() => upperCased('no capitals here')).toThrow(/that the text has not/)
})
