import { describe, expect, test } from 'vitest'
import { livenessOf, ownIdentity, type ProcessIdentity } from '../../src/store/process-identity.ts'

const MACHINE = '4026531836'
const own: ProcessIdentity = ownIdentity()

describe.runIf(own.boot !== '0' && own.pidNamespace !== '0')('whether a process lives, seen from', () => {
  const inside = { ...own, pidNamespace: '4026532001' }
  const outside = { ...own, pidNamespace: MACHINE }
  const gone = { startTicks: '1' }

  test.each<{ id: string; other: ProcessIdentity; seenFrom: ProcessIdentity; expected: string }>([
    { id: 'itself', other: own, seenFrom: own, expected: 'alive' },
    { id: 'its machine under a new name', other: { ...own, host: 'a' }, seenFrom: own, expected: 'alive' },
    {
      id: 'its machine under a new name, once gone',
      other: { ...own, ...gone, host: 'a' },
      seenFrom: own,
      expected: 'dead'
    },
    { id: 'its machine, started again', other: { ...own, boot: 'b' }, seenFrom: own, expected: 'dead' },
    { id: 'another machine', other: { ...own, boot: 'b', host: 'a' }, seenFrom: own, expected: 'foreign' },
    {
      id: 'its container, started again',
      other: { ...inside, pidNamespace: '4026532999' },
      seenFrom: inside,
      expected: 'dead'
    },
    {
      id: 'another container',
      other: { ...inside, pidNamespace: '4026532999', host: 'a' },
      seenFrom: inside,
      expected: 'foreign'
    },
    { id: "a container with the machine's name", other: outside, seenFrom: inside, expected: 'foreign' },
    { id: 'the machine of a container with its name', other: inside, seenFrom: outside, expected: 'foreign' },
    {
      id: 'a program that kept no namespaces',
      other: { ...own, ...gone, pidNamespace: '0' },
      seenFrom: own,
      expected: 'dead'
    },
    {
      id: 'such a program elsewhere',
      other: { ...own, pidNamespace: '0', host: 'a' },
      seenFrom: own,
      expected: 'foreign'
    }
  ])('$id: $expected', ({ other, seenFrom, expected }) => {
    expect(livenessOf(other, seenFrom)).toBe(expected)
  })
})
