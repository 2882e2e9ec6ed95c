import { expect, test } from 'vitest'
import { chooseShare } from '../../src/node/data-share.ts'
import { resolveJob } from '../../src/node/job.ts'

test('one node has all the data, whatever the partition says', () => {
  const job = resolveJob({ data: { nodes: 1, partition: 'classes:2' } }, 'test')

  expect(chooseShare(job, 'peer', { slice: 0 })).toEqual({ kind: 'all' })
})

test('of several, each has the slice it names, and none beyond the last', () => {
  const job = resolveJob({ data: { nodes: 3 } }, 'test')

  expect(chooseShare(job, 'peer', { slice: 2 })).toEqual({ kind: 'slice', index: 2 })
  expect(() => chooseShare(job, 'peer', { slice: 3 })).toThrow('0 to 2')
})
