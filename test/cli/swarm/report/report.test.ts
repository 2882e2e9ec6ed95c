import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { renderReport } from '../../../../src/cli/swarm/report/report.ts'
import { newNodeRecord, type RunRecord } from '../../../../src/cli/swarm/run-record.ts'
import { elements, type PageElement, parsePage, textOf, withClass } from './page-tree.ts'
import { emptyRun, type SampleOptions, sampleRun } from './sample-run.ts'

const HOSTILE = `</title></script></style>--><script>alert(1)</script>"'><img src=http://x.example onerror=alert(1)>&amp;`

function changed(options: SampleOptions, change: (run: RunRecord) => void): RunRecord {
  const run = sampleRun(options)
  change(run)

  return run
}

function hostileRun(): RunRecord {
  return changed(
    { nodes: 3, died: [1], job: { name: HOSTILE.slice(0, 64), data: { set: `csv:${HOSTILE}`, nodes: 3 } } },
    (run) => {
      for (const node of run.nodes) {
        node.peer = HOSTILE
        node.reason = HOSTILE
        node.rejected = { [HOSTILE]: 2 }
      }
      run.device = run.startedAt = run.jobId = run.versions.processor = run.versions.platform = HOSTILE
    }
  )
}

const RUNS: { id: string; run: RunRecord }[] = [
  { id: 'eight nodes', run: sampleRun({ nodes: 8 }) },
  { id: 'three of eight died', run: sampleRun({ nodes: 8, died: [1, 4, 6] }) },
  { id: '64 nodes', run: sampleRun({ nodes: 64, died: [5, 17, 40], held: 3 }) },
  { id: 'one node', run: sampleRun({ nodes: 1 }) },
  { id: 'two nodes', run: sampleRun({ nodes: 2 }) },
  { id: 'no node', run: emptyRun(0) },
  { id: 'interrupted at once', run: emptyRun(8) },
  { id: 'interrupted at once, one node', run: emptyRun(1) },
  { id: 'all died', run: sampleRun({ nodes: 3, died: [0, 1, 2] }) },
  { id: 'one class', run: sampleRun({ nodes: 3, classes: 1, held: 1 }) },
  { id: 'a thousand classes', run: sampleRun({ nodes: 20, classes: 1000, held: 500 }) },
  { id: 'hostile text', run: hostileRun() },
  { id: 'no baseline', run: { ...sampleRun({ nodes: 4 }), baseline: undefined } },
  {
    id: 'nobody measured alone',
    run: { ...sampleRun({ nodes: 4 }), baseline: { alone: [], pooled: 0 } }
  },
  {
    id: 'some nodes without a curve, accuracy or class',
    run: changed({ nodes: 4 }, (run) => {
      run.nodes[0]!.curve = []
      delete (run.nodes[1] as Partial<(typeof run.nodes)[1]>).accuracy
      run.nodes[2] = { ...newNodeRecord(2), state: 'died' }
    })
  },
  {
    id: 'one measurement at second 0, no bytes, no rounds',
    run: changed({ nodes: 12 }, (run) => {
      for (const node of run.nodes) {
        node.curve = [{ seconds: 0, round: 0, accuracy: 0 }]
        node.bytes = { sent: 0, received: 0 }
        node.rounds = 0
      }
    })
  },
  { id: 'an edge to nowhere', run: changed({ nodes: 3 }, (run) => void run.edges.push([0, 9])) }
]

function pageOf(run: RunRecord): PageElement {
  return parsePage(renderReport(run))
}

describe.each(RUNS)('renderReport: $id', ({ run }) => {
  test('is well-formed', () => {
    expect(elements(pageOf(run)).length).toBeGreaterThan(50)
  })

  test('shows no value that is not one', () => {
    const page = pageOf(run)
    const shown = [textOf(page), ...elements(page).flatMap(({ attributes }) => Object.values(attributes))].join('\n')
    expect(shown).not.toMatch(/undefined|NaN|null|Infinity|\[object/)
  })

  test('fetches nothing and links nowhere', () => {
    for (const { name, attributes, children } of elements(pageOf(run))) {
      expect(['a', 'link', 'img', 'iframe', 'image', 'use', 'object', 'form', 'base']).not.toContain(name)
      expect(Object.keys(attributes).filter((key) => /^(src|href|action|on.*)$/.test(key))).toEqual([])
      expect(attributes['style'] ?? '').not.toMatch(/url|\/\//)
      if (name === 'style' || name === 'script')
        expect(children.join('')).not.toMatch(/url\(|@import|https?:|fetch|\/\/\w/)
    }
  })

  test('ids are unique, and every reference has its target', () => {
    const all = elements(pageOf(run))
    const ids = all.flatMap(({ attributes }) => attributes['id'] ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    for (const { attributes } of all) {
      for (const id of attributes['aria-labelledby']?.split(' ') ?? []) expect(ids).toContain(id)
    }
  })

  test('is a pure function of the record', () => {
    const copy = structuredClone(run)
    expect(renderReport(run)).toBe(renderReport(copy))
    expect(run).toEqual(copy)
  })

  test('has a row of the table for each node', () => {
    const [table] = withClass(pageOf(run), 'nodes')
    expect(elements(table!).filter(({ name }) => name === 'tr')).toHaveLength(run.nodes.length + 1)
  })
})

describe('renderReport', () => {
  test('hostile text stays text, and the only script is ours', () => {
    const page = pageOf(hostileRun())
    const scripts = elements(page).filter(({ name }) => name === 'script')
    expect(scripts).toHaveLength(1)
    expect(textOf(page).split(HOSTILE).length - 1).toBeGreaterThanOrEqual(6)
    expect(elements(page).filter(({ attributes }) => attributes['title'] === HOSTILE).length).toBeGreaterThanOrEqual(4)
  })

  test('the page allows its own script by hash, and nothing else', () => {
    const all = elements(pageOf(sampleRun({ nodes: 2 })))
    const script = all.find(({ name }) => name === 'script')!.children.join('')
    const policy = all.find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy')!
    const hash = createHash('sha256').update(script).digest('base64')
    expect(policy.attributes['content']).toBe(
      `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`
    )
    expect(() => new Function(script)).not.toThrow()
  })

  test('names the dead, with when and why', () => {
    const warnings = textOf(withClass(pageOf(sampleRun({ nodes: 8, died: [1, 4, 6] })), 'warnings')[0]!)
    for (const index of [1, 4, 6]) {
      expect(warnings).toMatch(new RegExp(`Node ${index} \\S+ died: killed by SIGKILL. Last heard at 19.8 s, round 27`))
    }
    expect(warnings).not.toMatch(/Node [023578]|Interrupted/)
  })

  test('says when a run was interrupted', () => {
    expect(textOf(withClass(pageOf(emptyRun(2)), 'warnings')[0]!)).toContain('Interrupted after 0.2 s')
  })

  test('says what was refused, by code, and by whom', () => {
    const run = changed({ nodes: 5 }, ({ nodes }) => {
      nodes[1]!.rejected = { ERR_MODEL_HASH: 3 }
      nodes[4]!.rejected = { ERR_MODEL_HASH: 4, ERR_UPDATE_DIM: 1 }
    })
    const items = withClass(pageOf(run), 'warnings')[0]!.children.map((item) => textOf(item as PageElement))
    expect(items).toEqual([
      'Refused, 7 times: ERR_MODEL_HASH, by nodes 1, 4.',
      'Refused, 1 time: ERR_UPDATE_DIM, by node 4.'
    ])
  })

  test('has no warning when all went well', () => {
    expect(withClass(pageOf(sampleRun({ nodes: 8 })), 'warnings')).toEqual([])
  })

  test('gives the job and how to run it again', () => {
    const run = sampleRun({ nodes: 2 })
    const text = textOf(pageOf(run))
    expect(text).toContain('starling swarm job.yaml --seed 7')
    expect(text).toContain('"partition": "classes:2"')
    expect(text).toContain(run.jobId)
  })
})
