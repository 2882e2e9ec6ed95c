import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { directionKey } from '../../src/spsa/perturbation.ts'

const place = { jobId: 'ab'.repeat(32), peer: '12D3KooW', step: 107, query: 1 }

test('the key is what the docstring says', () => {
  const text = `25:starling/spsa/direction/1,64:${'ab'.repeat(32)},8:12D3KooW,3:107,1:1,`
  const digest = createHash('sha256').update(text).digest()

  expect(directionKey(place)).toEqual({ key0: digest.readUInt32LE(0), key1: digest.readUInt32LE(4) })
})

test('places that differ in anything have different keys', () => {
  const places = [
    place,
    { ...place, jobId: 'ac'.repeat(32) },
    { ...place, peer: '12D3KooX' },
    { ...place, peer: '12D3KooW,3:107' },
    { ...place, step: 108 },
    { ...place, query: 0 },
    { ...place, step: 10, query: 71 },
    { ...place, step: 1071, query: 1 }
  ]
  const keys = places.map((each) => directionKey(each)).map(({ key0, key1 }) => `${key0} ${key1}`)

  expect(new Set(keys).size).toBe(places.length)
})
