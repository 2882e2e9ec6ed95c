import { expect, test } from 'vitest'
import { renderReport } from '../../../../src/cli/swarm/report/report.ts'
import { type RunRecord, recordEvent } from '../../../../src/cli/swarm/run-record.ts'
import { sampleRun } from './sample-run.ts'

const bytes = { sent: 1000, received: 1000 }

/** A run of projections, in which node 1 ends with `lastSet`. */
function projectionRun(lastSet: string): RunRecord {
  const run = sampleRun({
    nodes: 2,
    job: { learner: { name: 'spsa' }, model: { name: 'linear' }, budget: { rounds: 50 } }
  })
  run.baseline = undefined
  for (const [index, node] of run.nodes.entries()) {
    const set = index === 0 ? 'a' : lastSet
    const hashes = { setHash: set.repeat(64), modelHash: set.repeat(64) }
    const lags = Object.fromEntries(run.nodes.map(({ peer }, i) => [peer!, 4 * i]))
    recordEvent(
      node,
      {
        event: 'replica:measured',
        round: 50,
        ms: 9,
        ...hashes,
        projections: 100 - index,
        perSecond: 9,
        lags,
        payloadBytes: 50,
        final: true,
        bytes
      },
      9
    )
  }

  return run
}

test('says that replicas are identical, with their hashes, and shows no baseline and no topology', () => {
  const page = renderReport(projectionRun('a'))

  expect(page).toContain('<strong>Identical.</strong> All 2 nodes have the same set aaaaaaaa')
  expect(page).toContain(`<code title="${'a'.repeat(64)}">aaaaaaaa</code>`)
  expect(page).toContain('<dt>Steps</dt>')
  expect(page).not.toMatch(/>Alone<|pooled data|<h2>Topology|No baseline/)
})

test('says that they are not, and who misses what', () => {
  const page = renderReport(projectionRun('c'))

  expect(page).toContain('<strong>Not identical.</strong>')
  expect(page).toMatch(/cccccccc<\/code><\/td><td>99<\/td><td>1<\/td><td>50 B<\/td><td>4<\/td>/)
})

test('tells of two logs, of a state that was taken over, and of a disk that failed', () => {
  const run = projectionRun('a')
  const [node] = run.nodes
  recordEvent(node!, { event: 'author:voided', ms: 1, peer: 'mallory-00000000', place: 7, bytes }, 1)
  recordEvent(node!, { event: 'snapshot:adopted', ms: 1, peer: 'ann', projections: 64, vouchers: 2, bytes }, 1)
  const failed = { event: 'journal:failed', code: 'ERR_JOURNAL_UNUSABLE', unpublished: 3, most: 1024 } as const
  recordEvent(node!, { ...failed, ms: 1, bytes }, 1)
  const page = renderReport(run)

  expect(page).toContain('has signed two logs: nothing of it counts from projection 7 on')
  expect(page).toContain('Node 0 began with a snapshot of 64 projections, which 2 other peers vouched for')
  expect(page).toContain('could not keep its projections on disk: <code>ERR_JOURNAL_UNUSABLE</code>')
})
