import { describe, expect, test } from 'vitest'
import { progressLine, progressLines } from '../../../src/cli/swarm/progress.ts'
import {
  newNodeRecord,
  newRunRecord,
  type RunRecord,
  recordEvent,
  recordRunEvent
} from '../../../src/cli/swarm/run-record.ts'
import { summarise } from '../../../src/cli/swarm/summary.ts'
import { finalTable } from '../../../src/cli/swarm/table.ts'
import { jobId, resolveJob } from '../../../src/node/job.ts'
import { jobProgress } from '../../../src/node/job-progress.ts'
import { versions } from '../../../src/node/versions.ts'

const job = resolveJob({ data: { nodes: 3, partition: 'classes:2' }, budget: { rounds: 10 } }, 'test')
const bytes = { sent: 3000, received: 2000 }

function run(): RunRecord {
  const nodes = [0, 1, 2].map(newNodeRecord)
  for (const node of nodes) {
    recordEvent(node, { event: 'data:loaded', examples: 100, classCounts: [50, 0, 50], testExamples: 10, dim: 5 }, 0.1)
    recordEvent(
      node,
      {
        event: 'node:ready',
        peer: `12D3KooW${node.index}aaaaaaaa`,
        addresses: [],
        jobId: 'x',
        pid: 1,
        device: 'cpu',
        ms: 9
      },
      0.2
    )
    recordEvent(
      node,
      { event: 'round:ended', round: 10 + node.index, ms: 1, loss: 0.5, merged: 2, age: 0, waitedMs: 1, bytes },
      1
    )
  }
  for (const [index, accuracy] of [0.9, 0.8].entries()) {
    const node = nodes[index]!
    recordEvent(node, { event: 'model:evaluated', round: 10, ms: 2, accuracy, loss: 1, final: true, bytes }, 2)
    recordEvent(node, { event: 'node:stopped', reason: 'finished', rounds: 10, steps: 100, bytes }, 3)
  }
  Object.assign(nodes[2]!, { state: 'died', reason: 'killed by SIGKILL' })
  return {
    job,
    jobId: jobId(job),
    versions: versions(),
    device: 'cpu',
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 12.345,
    nodes,
    aggregations: [],
    merges: new Map(),
    incidents: [],
    simulated: undefined,
    edges: [],
    baseline: { alone: [0.2, 0.3, undefined], pooled: 0.95 },
    interrupted: false
  }
}

test('the summary counts the living, and names the dead', () => {
  const summary = summarise(run())
  expect(summary.accuracy).toEqual({ mean: expect.closeTo(0.85, 9), min: 0.8, max: 0.9 })
  expect(summary.baseline).toEqual({ alone: { mean: 0.25 }, pooled: 0.95 })
  // rounds of nodes 0 and 1 only: 10 and 11
  expect(summary.rounds).toBe(11)
  expect(summary.bytes).toEqual({ sent: 9000, received: 6000, perNodePerRound: Math.round(9000 / 33) })
  expect(summary.died).toEqual([
    { node: 2, peer: '12D3KooW2aaaaaaaa', lastHeardSeconds: 1, round: 12, reason: 'killed by SIGKILL' }
  ])
})

test('a run without results has nulls, not NaN', () => {
  const empty = { ...run(), nodes: [newNodeRecord(0)], baseline: undefined }
  expect(JSON.parse(JSON.stringify(summarise(empty)))).toMatchObject({
    accuracy: { mean: null, min: null, max: null },
    baseline: { alone: { mean: null }, pooled: null },
    bytes: { perNodePerRound: 0 }
  })
  expect(finalTable(empty)).not.toMatch(/NaN|undefined/)
  expect(finalTable(empty)).toContain('ended before any node had its last model')
})

test('the table has a row a node and says who died', () => {
  const text = finalTable(run())
  expect(text).toContain('   0  ..aaaaaaaa  0,2           100      10    90.0 %  20.0 %')
  expect(text).toContain('pooled   95.0 % one model on all the data')
  expect(text).toContain('died     node 2 ..aaaaaaaa: killed by SIGKILL; last heard at 1.0 s, round 12')
})

describe('a learner that samples', () => {
  const sampling = resolveJob({ data: { nodes: 4 }, budget: { rounds: 20 }, learner: { name: 'modest' } }, 'test')

  /** Node 0 trains rounds 1 and 7, node 1 merges round 8 and measures it, node 2 crashes, node 3 does nothing. */
  function sampled(): RunRecord {
    const record = newRunRecord(sampling, { versions: versions(), device: 'cpu' })
    const ended = { event: 'round:ended', ms: 1, loss: 0.5, merged: 1, age: 0, waitedMs: 1, bytes } as const
    recordRunEvent(record, 0, { ...ended, round: 1 }, 1)
    recordRunEvent(record, 0, { ...ended, round: 7 }, 7)
    const merged = { event: 'model:aggregated', round: 8, ms: 1, merged: 3, expected: 4, waitedMs: 9, bytes } as const
    recordRunEvent(record, 1, merged, 8)
    const measured = { event: 'model:evaluated', round: 8, ms: 2, loss: 1, bytes } as const
    recordRunEvent(record, 1, { ...measured, accuracy: 0.6, final: true }, 9)
    recordRunEvent(record, 2, { event: 'node:crashed' }, 10)

    return record
  }

  test('counts who trained how often, and has the newest round of all', () => {
    const record = sampled()

    expect(record.nodes.map(({ trained, rounds }) => [trained, rounds])).toEqual([
      [2, 7],
      [0, 0],
      [0, 0],
      [0, 0]
    ])
    expect(record.aggregations).toEqual([{ round: 8, seconds: 8, node: 1, merged: 3, expected: 4, waitedMs: 9 }])
    expect(record.incidents).toEqual([{ kind: 'crashed', seconds: 10, node: 2 }])
    expect(summarise(record)).toMatchObject({
      // the newest that anybody trained in: round 8 was merged, and nobody has trained on from it
      rounds: 7,
      accuracy: { mean: 0.6, min: 0.6, max: 0.6 },
      bytes: { sent: 6000, perNodePerRound: Math.round(6000 / (4 * 7)) }
    })
  })

  test('the model outlives the node that measured it', () => {
    const record = sampled()
    recordRunEvent(record, 1, { event: 'node:crashed' }, 11)

    expect(summarise(record).accuracy.mean).toBe(0.6)
    expect(summarise(record).rounds).toBe(7)
  })

  test('who comes back is no longer dead, and who left is neither living nor dead', () => {
    const record = sampled()
    recordRunEvent(record, 2, { event: 'node:crashed', bytes }, 11)
    recordRunEvent(record, 2, { event: 'node:rejoined' }, 12)
    const ended = { event: 'round:ended', round: 9, ms: 1, loss: 0.5, merged: 1, age: 0, waitedMs: 1 } as const
    recordRunEvent(record, 2, { ...ended, bytes: { sent: 10, received: 20 } }, 12.5)
    recordRunEvent(record, 3, { event: 'node:left' }, 13)

    // a second life counts from 0
    expect(record.nodes[2]!.bytes).toEqual({ sent: bytes.sent + 10, received: bytes.received + 20 })

    expect(record.nodes.map(({ state }) => state)).toEqual(['starting', 'starting', 'ready', 'withdrawn'])
    expect(summarise(record).died).toEqual([])
    expect(record.incidents.map(({ kind }) => kind)).toEqual(['crashed', 'crashed', 'rejoined', 'left'])
  })

  test('its progress is that of the newest round, on the screen and in the log', () => {
    const { nodes } = sampled()
    const input = { job: sampling, nodes, progress: jobProgress(sampling, nodes, 9), seconds: 9 }

    expect(input.progress).toBe(7 / 20)
    expect(progressLine(input)).toBe(' 35 %     9.0 s  round 7  accuracy 60.0 %  nodes 3 of 4')
    expect(progressLines(input)[0]).toMatch(/ 35 % {2}9\.0 s {2}round 7$/)
    expect(progressLines(input)[1]).toContain('last round 7      trained 2')
  })

  test('its table says how often each node trained', () => {
    const text = finalTable(sampled())

    expect(text).toContain('model    60.0 % accuracy on the common test set')
    expect(text).toMatch(/^node {2}peer {2}trained {2}accuracy/)
  })
})

test('more nodes than anybody reads are summed up, and the dead counted by reason', () => {
  const record = run()
  record.nodes = Array.from({ length: 40 }, (_, i) => ({
    ...newNodeRecord(i),
    trained: i,
    accuracy: i < 20 ? undefined : 0.5 + i / 100,
    ...(i < 20 ? { state: 'died' as const, reason: 'crashed', lastHeardSeconds: i } : {})
  }))
  const text = finalTable(record)

  expect(text).toContain('40 nodes        lowest  median  highest  in all')
  expect(text).toMatch(/^rounds trained {7}0 {6}19 {7}39 {5}780$/m)
  expect(text).toMatch(/^accuracy {8}70.0 %/m)
  expect(text).toContain('died     20 of 40 nodes: crashed; last heard between 0.0 s and 19.0 s')
  expect(text.split('\n').length).toBeLessThan(20)
})

describe('progress', () => {
  const { nodes } = run()

  test('a screen has a bar and a line a node', () => {
    const lines = progressLines({ job, nodes, progress: 0.5, seconds: 61 })
    expect(lines).toHaveLength(4)
    expect(lines[0]).toContain('50 %  1 min 1 s')
    expect(lines[1]).toBe('node  0  left      round    10  loss 0.500   accuracy 90.0 %   sent 3.00 kB')
  })

  test('a line sums the living up', () => {
    expect(progressLine({ job, nodes, progress: 0.5, seconds: 9 })).toBe(
      ' 50 %     9.0 s  rounds 10-11  accuracy 85.0 %  nodes 2 of 3'
    )
  })
})
