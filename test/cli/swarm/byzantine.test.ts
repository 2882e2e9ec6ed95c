import { describe, expect, test } from 'vitest'
import { attacksInWords, byzantineFlags } from '../../../src/cli/swarm/byzantine.ts'
import { progressLine, progressLines } from '../../../src/cli/swarm/progress.ts'
import { renderReport } from '../../../src/cli/swarm/report/report.ts'
import { newRunRecord, type RunRecord, recordRunEvent } from '../../../src/cli/swarm/run-record.ts'
import { summarise } from '../../../src/cli/swarm/summary.ts'
import { finalTable } from '../../../src/cli/swarm/table.ts'
import { parseByzantine } from '../../../src/node/byzantine.ts'
import { versions } from '../../../src/node/versions.ts'
import { elements, parsePage, textOf, withClass } from './report/page-tree.ts'
import { sampleRun } from './report/sample-run.ts'

/** Honest nodes reach 0.9, Byzantine ones 0.3; alone everybody gets 0.2, and the last node 0.7. */
function attacked(nodes = 6, texts = ['1:alie:tau=1.5', '2:nan']): RunRecord {
  const run = sampleRun({ nodes })
  for (const { node, attack } of parseByzantine(texts, nodes)) {
    Object.assign(run.nodes[node]!, { attack, accuracy: 0.3, rounds: 9999 })
    run.nodes[node]!.curve = run.nodes[node]!.curve.map((point) => ({ ...point, accuracy: 0.03 }))
  }
  for (const node of run.nodes) if (node.attack === undefined) node.accuracy = 0.9
  run.baseline = { alone: run.nodes.map(({ index }) => (index === nodes - 1 ? 0.7 : 0.2)), pooled: 0.95 }

  return run
}

test('a record says who attacks from the start', () => {
  const { job } = sampleRun({ nodes: 4 })
  const run = newRunRecord(job, { versions: versions(), device: 'cpu', byzantine: parseByzantine(['1:mimic'], 4) })
  expect(run.nodes.map(({ attack }) => attack)).toEqual([undefined, undefined, undefined, 'mimic'])
})

describe('in words', () => {
  test('by attack, and as the flags that made it', () => {
    const { nodes } = attacked()
    expect(attacksInWords(nodes)).toBe('node 3: a-little-is-enough:tau=1.5; nodes 4, 5: nan')
    expect(byzantineFlags(nodes)).toBe('--byzantine 1:a-little-is-enough:tau=1.5 --byzantine 2:nan')
    expect(parseByzantine(['1:a-little-is-enough:tau=1.5', '2:nan'], 6)).toEqual(
      parseByzantine(['1:alie:tau=1.5', '2:nan'], 6)
    )
  })

  test('nobody', () => {
    const { nodes } = sampleRun({ nodes: 3 })
    expect([attacksInWords(nodes), byzantineFlags(nodes)]).toEqual(['', ''])
  })

  test('many are counted', () => {
    expect(attacksInWords(attacked(40, ['20:nan']).nodes)).toBe('20 nodes: nan')
  })
})

describe('figures are those of the honest nodes', () => {
  test('in the summary', () => {
    expect(summarise(attacked())).toMatchObject({
      accuracy: { mean: 0.9, min: 0.9, max: 0.9 },
      byzantine: [
        { node: 3, attack: 'a-little-is-enough:tau=1.5' },
        { node: 4, attack: 'nan' },
        { node: 5, attack: 'nan' }
      ],
      byzantineAccuracy: 0.3,
      baseline: { alone: { mean: 0.2 }, pooled: 0.95 },
      rounds: 60
    })
    expect(summarise(sampleRun({ nodes: 3 }))).toMatchObject({ byzantine: [], byzantineAccuracy: null })
  })

  test('in the table, which marks the others and says what was refused of them', () => {
    const run = attacked()
    for (const node of [0, 1, 4]) {
      recordRunEvent(
        run,
        node,
        {
          event: 'model:rejected',
          ms: 1,
          peer: 'p',
          code: 'ERR_MODEL_NOT_FINITE',
          verdict: 'penalise',
          bytes: { sent: 0, received: 0 }
        },
        1
      )
    }
    const text = finalTable(run)

    expect(text).toContain(
      'swarm    90.0 % mean accuracy of the 3 honest nodes on the common test set (90.0 % to 90.0 %)'
    )
    expect(text).toContain('attack   node 3: a-little-is-enough:tau=1.5; nodes 4, 5: nan')
    expect(text).toContain('refused  by honest nodes: 2 times ERR_MODEL_NOT_FINITE')
    expect(text).toContain('on all the data, that of Byzantine nodes included')
    expect(text.match(/Byzantine: nan$/gm)).toHaveLength(2)
    expect(finalTable(sampleRun({ nodes: 3 }))).not.toMatch(/Byzantine|honest|attack/)
  })

  test('in the table of a large swarm', () => {
    expect(finalTable(attacked(40, ['20:nan']))).toMatch(/^accuracy of honest nodes +90\.0 % +90\.0 % +90\.0 %/m)
  })

  test('in progress', () => {
    const { job, nodes } = attacked()
    const honest = nodes.filter(({ attack }) => attack === undefined).map(({ curve }) => curve.at(-1)!.accuracy)
    const mean = honest.reduce((sum, each) => sum + each, 0) / honest.length
    const line = progressLine({ job, nodes, progress: 0.5, seconds: 9 })

    expect(line).toContain(`accuracy ${(100 * mean).toFixed(1)} %`)
    expect(line).toContain('nodes 6 of 6, 3 Byzantine')
    expect(line).toContain('rounds 60-60')
    expect(progressLines({ job, nodes, progress: 0.5, seconds: 9 })[6]).toContain('attacks: nan')
  })

  test('when training diverged, the table and the page say so', () => {
    const run = attacked()
    const bytes = { sent: 0, received: 0 }
    for (const node of [0, 0, 2, 5]) recordRunEvent(run, node, { event: 'training:diverged', ms: 1, bytes }, 1)

    expect(finalTable(run)).toContain('diverged 2 of 3 nodes in 3 rounds: training ended in NaN, and was undone')
    expect(renderReport(run)).toContain('training of nodes 0, 2 ended in NaN')
  })
})

describe('the page', () => {
  const run = attacked()
  const page = parsePage(renderReport(run))

  test('marks them in the drawing, the table and the chart', () => {
    expect(withClass(page, 'rim')).toHaveLength(3)
    expect(
      elements(page).filter(({ name, attributes }) => name === 'tr' && attributes['class'] === 'byzantine')
    ).toHaveLength(3)
    // of the wide and of the narrow chart
    expect(withClass(page, 'line').filter((line) => textOf(line).includes('Byzantine: nan'))).toHaveLength(4)
  })

  test('says it in words, and how to run it again', () => {
    const text = textOf(page)
    expect(text).toContain('6 nodes that each hold 2 of 10 classes, 3 of which attacked,')
    expect(text).toContain("as many steps, larger batches, the Byzantine nodes' data included")
    expect(text).toContain("one model on the pooled data, the Byzantine nodes' included,")
    expect(text).toContain('Byzantine, with a dotted rim: node 3: a-little-is-enough:tau=1.5; nodes 4, 5: nan.')
    expect(text).toContain('their lines are dotted, and no mean or range counts them')
    expect(text).toContain('--seed 7 --byzantine 1:a-little-is-enough:tau=1.5 --byzantine 2:nan')
    expect(text).toContain('Honest nodes, mean')
  })

  test('of a run without attackers has none of it', () => {
    expect(renderReport(sampleRun({ nodes: 3 })).replace(/<style>.*<\/style>/s, '')).not.toMatch(/yzantine|honest/i)
  })

  test('of a large swarm: the mean is that of honest nodes', () => {
    const large = textOf(parsePage(renderReport(attacked(80, ['30:nan']))))
    expect(large).toContain('Byzantine, and not counted below: 30 nodes: nan.')
    expect(large).toContain('they are left out')
  })
})
