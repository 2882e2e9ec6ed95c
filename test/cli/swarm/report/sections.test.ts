import { describe, expect, test } from 'vitest'
import { renderBytes } from '../../../../src/cli/swarm/report/bytes-section.ts'
import { renderHeatMap } from '../../../../src/cli/swarm/report/heat-map-section.ts'
import { renderLikeness } from '../../../../src/cli/swarm/report/likeness-section.ts'
import type { Markup } from '../../../../src/cli/swarm/report/markup.ts'
import { renderNodeTable } from '../../../../src/cli/swarm/report/node-table.ts'
import { renderReport } from '../../../../src/cli/swarm/report/report.ts'
import { renderTopology } from '../../../../src/cli/swarm/report/topology-section.ts'
import { recordRunEvent } from '../../../../src/cli/swarm/run-record.ts'
import { elements, type PageElement, parsePage, textOf, withClass } from './page-tree.ts'
import { emptyRun, sampleRun } from './sample-run.ts'

function parse(markup: Markup): PageElement {
  return parsePage(`<!doctype html>${markup}`)
}

function named(element: PageElement, name: string): PageElement[] {
  return elements(element).filter((each) => each.name === name)
}

describe('likeness', () => {
  const merged = (round: number, factor: number) =>
    ({
      event: 'model:merged',
      round,
      ms: 1,
      policy: 'variance-corrected',
      factor,
      bytes: { sent: 0, received: 0 }
    }) as const

  test('the factor over rounds, mean over nodes, in order whoever was first', () => {
    const run = sampleRun({ nodes: 2 })
    recordRunEvent(run, 0, merged(1, 3), 1)
    recordRunEvent(run, 0, merged(2, 1.25), 2)
    recordRunEvent(run, 1, merged(1, 2), 3)
    const page = parse(renderLikeness(run))
    expect(named(page, 'title').map(textOf)).toEqual([
      'round 1: 2.500, mean over 2 nodes',
      'round 2: 1.250, mean over 1 node'
    ])
    expect(textOf(named(page, 'p')[0]!)).toBe('Factor 2.500 in round 1, 1.250 in round 2.')
  })

  test('where units are matched, how many moved', () => {
    const run = sampleRun({ nodes: 2 })
    const { factor: _, ...event } = merged(4, 0)
    recordRunEvent(run, 1, { ...event, policy: 'aligned', moved: 0.5 }, 3)
    expect(textOf(parse(renderLikeness(run)))).toContain('Moved 50.0 % in round 4')
  })

  test('a run without such a policy has no such section', () => {
    expect(renderReport(sampleRun({ nodes: 2 }))).not.toContain('Likeness')
    const run = sampleRun({ nodes: 2 })
    recordRunEvent(run, 0, merged(1, 3), 1)
    expect(renderReport(run)).toContain('<h2>Likeness</h2>')
  })
})

describe('bytes', () => {
  test('bars are as long as their bytes, on one scale', () => {
    const run = sampleRun({ nodes: 2 })
    run.nodes[0]!.bytes = { sent: 4_000_000, received: 1_000_000 }
    run.nodes[1]!.bytes = { sent: 2_000_000, received: 0 }
    const page = parse(renderBytes(run))
    const lengths = named(page, 'i').map(({ attributes }) => Number(/\* ([\d.]+)\)/.exec(attributes['style']!)![1]))
    expect(lengths).toEqual([1, 0.25, 0.5, 0])
    expect(withClass(page, 'bar').map(textOf)).toEqual([
      'sent 4.00 MB',
      'received 1.00 MB',
      'sent 2.00 MB',
      'received 0 B'
    ])
    expect(textOf(page)).toContain('6.00 MB sent and 1.00 MB received in all')
  })

  test('a round, of each node and of all', () => {
    const run = sampleRun({ nodes: 2 })
    run.nodes[0]!.rounds = 10
    run.nodes[0]!.bytes = { sent: 4_000_000, received: 0 }
    run.nodes[1]!.rounds = 0
    run.nodes[1]!.bytes = { sent: 0, received: 0 }
    const page = parse(renderBytes(run))
    expect(named(page, 'small').map(textOf)).toEqual(['400 kB sent a round', 'no rounds'])
    expect(textOf(page)).toContain('400 kB sent a node and round')
  })

  test('none at all', () => {
    expect(textOf(parse(renderBytes(emptyRun(3))))).toBe('No bytes went between nodes.')
  })
})

describe('topology', () => {
  test('a node each, numbered, and an edge each', () => {
    const run = sampleRun({ nodes: 6, died: [2] })
    run.edges = [
      [0, 1],
      [1, 2],
      [0, 5]
    ]
    const page = parse(renderTopology(run))
    const nodes = withClass(page, 'node')
    expect(nodes.map((node) => textOf(named(node, 'text')[0]!))).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(withClass(page, 'edges')[0]!.attributes['d']!.match(/M/g)).toHaveLength(3)
    // drawn again at each of their two ends, for the pointer
    expect(nodes.map((node) => withClass(node, 'spokes')[0]!.attributes['d']!.split('M').length - 1)).toEqual([
      2, 2, 1, 0, 0, 1
    ])
    expect(nodes.map((node) => withClass(node, 'cross').length)).toEqual([0, 0, 1, 0, 0, 0])
    expect(textOf(page)).toContain('Crossed out: died (2).')
  })

  test('nodes do not touch, however many', () => {
    for (const count of [2, 3, 8, 17, 64, 256]) {
      const discs = withClass(parse(renderTopology(sampleRun({ nodes: count }))), 'node').map((node) => {
        const { cx, cy, r } = withClass(node, 'disc')[0]!.attributes
        return { x: Number(cx), y: Number(cy), r: Number(r) }
      })
      for (const [i, a] of discs.entries()) {
        const b = discs[(i + 1) % count]!
        expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(a.r + b.r)
        for (const at of [a.x, a.y]) expect(Math.abs(at - 230) + a.r).toBeLessThanOrEqual(230)
      }
    }
  })

  test('a ring has a place filled for each class held', () => {
    const run = sampleRun({ nodes: 2, classes: 10, held: 3 })
    const [first] = withClass(parse(renderTopology(run)), 'node')
    expect(withClass(first!, 'held')[0]!.children).toHaveLength(3)
  })

  test('one node has no topology', () => {
    expect(textOf(parse(renderTopology(sampleRun({ nodes: 1 }))))).toBe('No other node to exchange models with.')
  })
})

describe('heat map', () => {
  test('nodes down and classes across, with the counts', () => {
    const run = sampleRun({ nodes: 2, classes: 3 })
    run.nodes[0]!.classCounts = [5, 0, 10]
    run.nodes[1]!.classCounts = [0, 7, 0]
    const rows = named(parse(renderHeatMap(run)), 'tr').map((row) =>
      row.children.map((cell) => textOf(cell as PageElement))
    )
    expect(rows.slice(1)).toEqual([
      ['0', '5', '', '10'],
      ['1', '', '7', '']
    ])
    expect(rows[0]!.slice(1)).toEqual(['0', '1', '2'])
  })

  test('more examples, stronger colour', () => {
    const run = sampleRun({ nodes: 1, classes: 3 })
    run.nodes[0]!.classCounts = [1, 50, 100]
    const strengths = withClass(parse(renderHeatMap(run)), 'held').map(({ attributes }) =>
      Number.parseInt(attributes['style']!.slice(4), 10)
    )
    expect(strengths).toEqual([13, 56, 100])
  })

  test('many nodes go across, their classes down', () => {
    const page = parse(renderHeatMap(sampleRun({ nodes: 40, classes: 10 })))
    const rows = named(page, 'tr')
    expect(rows).toHaveLength(11)
    for (const row of rows) expect(row.children).toHaveLength(41)
    expect(withClass(page, 'held')).toHaveLength(80)
  })

  test('a node that never said what it holds has an empty row', () => {
    const run = sampleRun({ nodes: 2 })
    run.nodes[1]!.classCounts = []
    expect(named(parse(renderHeatMap(run)), 'tr')[2]!.children).toHaveLength(11)
  })
})

describe('node table', () => {
  test('every figure of a node, and a dash for what is not known', () => {
    const run = sampleRun({ nodes: 2, died: [1] })
    run.nodes[0]!.accuracy = 0.951
    run.baseline = { alone: [0.201, undefined], pooled: 0.978 }
    const rows = named(parse(renderNodeTable(run)), 'tr').map((row) =>
      row.children.map((cell) => textOf(cell as PageElement))
    )
    expect(rows[1]).toEqual([
      '0',
      '..xxxxxxx0',
      '0,1',
      '1100',
      '60',
      '220',
      '95.1 %',
      '20.1 %',
      '18.8 MB',
      '18.6 MB',
      'finished'
    ])
    expect(rows[2]!.slice(6)).toEqual(['-', '-', '8.49 MB', '8.35 MB', 'died'])
  })

  test('a node cut short says where it stood', () => {
    const run = sampleRun({ nodes: 1 })
    run.nodes[0]!.state = 'settle'
    expect(textOf(parse(renderNodeTable(run)))).toContain('stopped while settling')
  })
})
