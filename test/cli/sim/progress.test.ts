import { expect, test } from 'vitest'
import { simulationLine, simulationLines } from '../../../src/cli/sim/progress.ts'

const standing = {
  fraction: 0.44,
  virtualMs: 200_400,
  events: 500_000,
  round: 22,
  live: 998,
  nodes: 1000,
  seconds: 5,
  accuracy: 0.812
}

test('a simulation is two lines on a screen, and one in a log', () => {
  const words = 'round 22  virtual time 3 min 20 s  100000 events/s  nodes 998 of 1000  accuracy 81.2 %'

  expect(simulationLines(standing)).toEqual([expect.stringMatching(/ 44 % {2}5\.0 s$/), words])
  expect(simulationLine(standing)).toBe(` 44 %  ${words}`)
})

test('before anything has happened there is no speed', () => {
  expect(simulationLine({ ...standing, seconds: 0, events: 0, accuracy: undefined })).toContain('  0 events/s')
})
