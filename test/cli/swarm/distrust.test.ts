import { describe, expect, test } from 'vitest'
import { describeEvent } from '../../../src/cli/describe-event.ts'
import { distrustOf, opinionsOf } from '../../../src/cli/swarm/distrust.ts'
import { hasDistrust, renderDistrust } from '../../../src/cli/swarm/report/distrust-section.ts'
import { renderReport } from '../../../src/cli/swarm/report/report.ts'
import { type RunRecord, recordRunEvent } from '../../../src/cli/swarm/run-record.ts'
import { summarise } from '../../../src/cli/swarm/summary.ts'
import { finalTable } from '../../../src/cli/swarm/table.ts'
import { elements, parsePage, textOf } from './report/page-tree.ts'
import { sampleRun } from './report/sample-run.ts'

const scored = (run: RunRecord, node: number, of: number, excluded: boolean, round = 5) => ({
  event: 'peer:scored' as const,
  round,
  ms: 1,
  peer: run.nodes[of]!.peer!,
  score: excluded ? 0 : 1,
  excluded,
  reason: `cosine <${node}${of}>`,
  bytes: { sent: 0, received: 0 }
})

/** Nodes 0 to 2 are honest: 0 leaves out the attacker, 1 did so with node 2; what the attacker says does not count. */
function run(): RunRecord {
  const record = sampleRun({ nodes: 4 })
  record.nodes[3]!.attack = 'alie'
  recordRunEvent(record, 0, scored(record, 0, 3, true), 1)
  recordRunEvent(record, 1, scored(record, 1, 2, true), 1)
  recordRunEvent(record, 1, scored(record, 1, 2, false, 15), 2)
  recordRunEvent(record, 3, scored(record, 3, 0, true), 2)

  return record
}

describe('who distrusts whom', () => {
  test('the last word of each honest node on each peer', () => {
    expect(opinionsOf(run()).map(({ node, of, excluded, round }) => [node, of, excluded, round])).toEqual([
      [0, 3, true, 5],
      [1, 2, false, 15]
    ])
  })

  test('the summary says who is left out at the end; nothing without a filter', () => {
    const excluded = [{ of: 3, score: 0, round: 5, reason: 'cosine <03>' }]
    expect(summarise(run()).scores).toEqual(distrustOf(run()))
    expect(distrustOf(run())).toEqual([
      { node: 0, excluded },
      { node: 1, excluded: [] },
      { node: 2, excluded: [] }
    ])
    expect(summarise(sampleRun({ nodes: 2 }))).not.toHaveProperty('scores')
  })

  test('a matrix of honest nodes and all peers, with reasons', () => {
    const page = parsePage(`<!doctype html>${renderDistrust(run())}`)
    const headings = elements(page).filter(({ name }) => name === 'th')
    expect(headings.map(textOf)).toEqual(['node \\ peer', '0', '1', '2', '3*', '0', '1', '2'])
    expect(renderDistrust(run()).text).toContain(
      'title="node 0 of node 3, round 5: left out, score 0.00, cosine &lt;03&gt;"'
    )
    expect(textOf(page)).toContain(
      'At the end 1 of 3 honest nodes leave peers out: once a Byzantine one, 0 times an honest one.'
    )
  })

  test('has a place in the report only where somebody was left out', () => {
    expect(renderReport(run())).toContain('Who distrusts whom')
    expect(hasDistrust(sampleRun({ nodes: 2 }))).toBe(false)
    expect(renderReport(sampleRun({ nodes: 2 }))).not.toContain('Who distrusts whom')
  })

  test('of many nodes it is a count', () => {
    const record = sampleRun({ nodes: 80 })
    recordRunEvent(record, 0, scored(record, 0, 3, true), 1)
    expect(renderDistrust(record).text).not.toContain('<table')
    expect(renderDistrust(record).text).toContain('At the end 1 of 80 nodes leave peers out: once in all.')
  })

  test('the last lines of a run say how many, with a filter', () => {
    const record = run()
    expect(finalTable(record)).not.toContain('filter ')
    if (record.job.learner.name === 'gossip') record.job.learner.filter = 'mud-hog'
    expect(finalTable(record)).toContain('\nfilter   At the end 1 of 3 honest nodes leave peers out')
    recordRunEvent(record, 0, scored(record, 0, 3, false, 30), 3)
    expect(finalTable(record)).toContain('\nfilter   At the end nobody is left out.')
    expect(renderReport(record)).toMatch(/<dt>Filter<\/dt><dd>mud-hog<\/dd>/)
  })

  test('and a line for people', () => {
    const line = describeEvent(scored(run(), 0, 3, true))
    expect(line).toMatch(/^trust {3}\S+ is left out from round 5: cosine <03>$/)
  })
})
