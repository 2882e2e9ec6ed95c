import { expect, test } from 'vitest'
import { steadyScreen } from '../util/screen-text.ts'

const names = new Map([['P7sETKKL', 'node-two']])

test('what changes from run to run is replaced, and words and layout stay', () => {
  const screen = [
    '$ starling peers',
    'peer        address              for    delay   round',
    '----------  ----------------  ------  -------  ------',
    '..P7sETKKL  127.0.0.1:41031     61 s    12 ms     948',
    '..iKyYPuyr  127.0.0.1:9         12 s        -       -',
    '$ starling models',
    'peer         bytes',
    '----------  ------',
    '..iKyYPuyr    9 kB',
    '$ starling status',
    'job         flock 487ab021',
    'up          2 h 11 min, since 2026-11-28 11:52:01',
    'accuracy    92.2 %, loss 1.20e-4, in round 40 at 14:03:09',
    'starling 0.1.0 at /ip4/127.0.0.1/tcp/41031, since 2026-11-28T18:45:53.412Z'
  ].join('\n')

  expect(steadyScreen(screen, names)).toBe(
    [
      '$ starling peers',
      'peer        address      for  delay  round',
      '----------  -----------  ---  -----  -----',
      '..node-two  127.0.0.1:#    #      #      #',
      '..iKyYPuyr  127.0.0.1:#    #      -      -',
      '$ starling models',
      'peer        bytes',
      '----------  -----',
      '..iKyYPuyr      #',
      '$ starling status',
      'job         flock hhhhhhhh',
      'up          #, since yyyy-mm-dd hh:mm:ss',
      'accuracy    #, loss #, in round # at hh:mm:ss',
      'starling #.#.# at /ip4/127.0.0.1/tcp/#, since yyyy-mm-ddThh:mm:ss'
    ].join('\n')
  )
})

test('other numbers give the same text, other words or another side of a column do not', () => {
  const table = (row: string): string => steadyScreen(`  round  took\n-------  ----\n${row}`, names)

  expect(table('     41  12 s')).toBe(table('9999999  3 ms'))
  expect(table('     41  -')).not.toBe(table('     41  12 s'))
  // what does not fit the columns is left alone, to be seen
  expect(table('    41 12 s')).toContain('    # #')
})
