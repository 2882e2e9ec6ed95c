import { expect, test } from 'vitest'
import { commonCurve } from '../../../../src/cli/swarm/report/common-curve.ts'
import { incidentMarks } from '../../../../src/cli/swarm/report/incident-marks.ts'
import { renderReport } from '../../../../src/cli/swarm/report/report.ts'
import { roundTimes } from '../../../../src/cli/swarm/report/round-times.ts'
import { newNodeRecord } from '../../../../src/cli/swarm/run-record.ts'
import { sampleRun } from './sample-run.ts'
import { sampledRun } from './sampled-run.ts'

test('rounds are timed from first merge to first merge, however many aggregators there are', () => {
  const aggregation = { node: 0, merged: 9, expected: 10, waitedMs: 1 }
  const times = roundTimes([
    { ...aggregation, round: 1, seconds: 2 },
    { ...aggregation, round: 2, seconds: 6 },
    { ...aggregation, round: 1, seconds: 3, node: 1 },
    { ...aggregation, round: 2, seconds: 5, node: 1 },
    { ...aggregation, round: 4, seconds: 9 }
  ])

  expect(times.map(({ round, node, tookSeconds }) => [round, node, tookSeconds])).toEqual([
    [1, 0, undefined],
    [2, 1, 3],
    // nobody told of round 3: what it took must not vanish
    [4, 0, 4]
  ])
})

test('the common curve has one point a round, by time, and keeps the last measurement', () => {
  const point = (round: number, seconds: number, accuracy: number) => ({ round, seconds, accuracy })
  const nodes = [
    { ...newNodeRecord(0), curve: [point(3, 9, 0.3), point(9, 30, 0.85)] },
    { ...newNodeRecord(1), curve: [point(3, 8, 0.4), point(9, 20, 0.8), point(9, 31, 0.9)] }
  ]

  expect(commonCurve(nodes).map(({ node, accuracy }) => [node, accuracy])).toEqual([
    [1, 0.4],
    [1, 0.8],
    [1, 0.9]
  ])
})

test('incidents close together share a mark, of their own kind', () => {
  const marks = incidentMarks(
    [
      { kind: 'crashed', seconds: 50, node: 1 },
      { kind: 'crashed', seconds: 50.1, node: 2 },
      { kind: 'joined', seconds: 50.1, node: 3 },
      { kind: 'crashed', seconds: 80, node: 4 }
    ],
    100
  )

  expect(marks).toEqual([
    { seconds: 50, kind: 'went', text: 'nodes 1, 2 crashed at 50.0 s' },
    { seconds: 50.1, kind: 'came', text: 'node 3 joined at 50.1 s' },
    { seconds: 80, kind: 'went', text: 'node 4 crashed at 1 min 20 s' }
  ])
})

test('a run that samples shows one curve, its rounds and who was drawn, and no topology', () => {
  const page = renderReport(sampledRun({ nodes: 12, crashedEvery: 5 }))

  expect(page.match(/<g class="line /g)).toHaveLength(2) // wide and narrow
  expect(page).toContain('<h2>Rounds</h2>')
  expect(page).toContain(
    '50 rounds merged, 2.0 s each in the middle, 4.0 s the longest; on average 90.0 % of a sample&#39;s models.'
  )
  expect(page).toContain('<h2>Sampling</h2>')
  expect(page).not.toContain('<h2>Topology</h2>')
  expect(page).toContain('reached 88.7 % with one model')
  expect(page).toContain('Triangles on the time axis: 2 crashed.')
})

test.each([
  { kind: 'sampling', run: () => sampledRun({ nodes: 1000, crashedEvery: 5, simulated: true }) },
  { kind: 'gossip', run: () => sampleRun({ nodes: 1000, died: Array.from({ length: 200 }, (_, i) => 5 * i) }) }
])('the page of a thousand nodes ($kind) is small, and lists extremes only', ({ run }) => {
  const page = renderReport(run())

  expect(page.length).toBeLessThan(200_000)
  expect(page).toContain('The 10 highest')
  expect(page.match(/<tr data-node=/g)).toHaveLength(20)
  expect(page.split('<script>')[0]).not.toMatch(/NaN|undefined|Infinity/)
})

test('a hundred thousand nodes do not overflow the stack', { timeout: 60_000 }, () => {
  const run = sampledRun({ nodes: 100_000, simulated: true })

  expect(renderReport(run).length).toBeLessThan(200_000)
})

test('a simulated run says how to simulate it again', () => {
  const page = renderReport(sampledRun({ nodes: 12, simulated: true }))

  expect(page).toContain('starling sim job.yaml --seed 7 --churn crash:0.2 --loss 0.01')
  expect(page).toContain('1 min 50 s')
  expect(page).toContain('1234567 events, 98765 a second')
})
