import { expect, test } from 'vitest'
import { renderAccuracy } from '../../../../src/cli/swarm/report/accuracy-section.ts'
import type { RunRecord } from '../../../../src/cli/swarm/run-record.ts'
import { elements, type PageElement, parsePage, textOf, withClass } from './page-tree.ts'
import { sampleRun } from './sample-run.ts'

/** The chart as drawn for a wide screen. */
function chartOf(run: RunRecord): PageElement {
  return withClass(parsePage(`<!doctype html>${renderAccuracy(run)}`), 'wide')[0]!
}

function labelsOf(chart: PageElement): string[] {
  return withClass(chart, 'label').map(textOf)
}

function pointsOf(element: PageElement): [number, number][] {
  const points = elements(element).find(({ name }) => name === 'polyline')!.attributes['points']!

  return points.split(' ').map((pair) => pair.split(',').map(Number) as [number, number])
}

test.each([1, 8, 9, 64])('draws a line for each of %i nodes, one point a measurement', (nodes) => {
  const run = sampleRun({ nodes })
  const lines = withClass(chartOf(run), 'line')
  expect(lines.map(({ attributes }) => Number(attributes['data-node']))).toEqual(run.nodes.map(({ index }) => index))
  for (const [i, line] of lines.entries()) {
    expect(pointsOf(line)).toHaveLength(run.nodes[i]!.curve.length)
    expect(line.attributes['data-read']!.split('|')).toHaveLength(run.nodes[i]!.curve.length)
  }
})

test('later is further right, better is further up, and all is inside the drawing', () => {
  const run = sampleRun({ nodes: 1 })
  run.nodes[0]!.curve = [0.1, 0.5, 0.3, 0.9].map((accuracy, i) => ({ seconds: 10 * i, round: i, accuracy }))
  const points = pointsOf(withClass(chartOf(run), 'line')[0]!)
  const [a, b, c, d] = points as [[number, number], [number, number], [number, number], [number, number]]
  expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 0)
  expect([d[1], b[1], c[1], a[1]]).toEqual([...points.map(([, y]) => y)].sort((x, y) => x - y))
  // 0.1 to 0.5 is as far as 0.5 to 0.9
  expect(a[1] - b[1]).toBeCloseTo(b[1] - d[1], 0)
  for (const [x, y] of points) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x).toBeLessThanOrEqual(1032)
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y).toBeLessThanOrEqual(400)
  }
})

test('labels both baselines and every node', () => {
  const run = sampleRun({ nodes: 3, died: [1] })
  run.baseline = { alone: [0.2, undefined, 0.3], pooled: 0.978 }
  const chart = chartOf(run)
  expect(labelsOf(chart).slice(0, 2)).toEqual(['pooled 97.8 %', 'alone 25.0 %'])
  expect(labelsOf(chart).slice(2)).toEqual([
    expect.stringMatching(/^node 0 \d\d\.\d %$/),
    'node 1 died',
    expect.stringMatching(/^node 2 \d\d\.\d %$/)
  ])
  expect(withClass(chart, 'reference')).toHaveLength(2)
})

test('labels never overlap, also when all nodes end alike', () => {
  const run = sampleRun({ nodes: 8 })
  for (const node of run.nodes) node.curve.at(-1)!.accuracy = 0.97
  const heights = withClass(chartOf(run), 'label')
    .map((label) => Number(elements(label).find(({ name }) => name === 'text')!.attributes['y']))
    .sort((a, b) => a - b)
  expect(heights).toHaveLength(10)
  for (const [i, y] of heights.entries()) if (i > 0) expect(y - heights[i - 1]!).toBeGreaterThan(15)
})

test('without a baseline there is no line that claims one', () => {
  const chart = chartOf({ ...sampleRun({ nodes: 2 }), baseline: undefined })
  expect(withClass(chart, 'reference')).toEqual([])
  expect(labelsOf(chart)).toHaveLength(2)
  expect(textOf(chart)).toContain('No baseline was measured')
})

test('the line of a node that died ends in a cross, where it was last measured', () => {
  const lines = withClass(chartOf(sampleRun({ nodes: 3, died: [1] })), 'line')
  expect(lines.map((line) => withClass(line, 'cross').length)).toEqual([0, 1, 0])
  const [x, y] = pointsOf(lines[1]!).at(-1)!
  const [from, down, , up] = [
    ...withClass(lines[1]!, 'cross')[0]!.attributes['d']!.matchAll(/[Mlm]([-\d.]+),([-\d.]+)/g)
  ].map(([, dx, dy]) => [Number(dx), Number(dy)])
  expect(from![0]! + down![0]! / 2).toBeCloseTo(x, 5)
  expect(from![1]! + down![1]! / 2).toBeCloseTo(y, 5)
  expect(up).toEqual([-down![0]!, down![1]!])
})

test('more than eight nodes: a band and a mean instead of a label each', () => {
  const chart = chartOf(sampleRun({ nodes: 9 }))
  expect(withClass(chart, 'band')).toHaveLength(1)
  expect(withClass(chart, 'mean')).toHaveLength(1)
  expect(labelsOf(chart).map((label) => label.split(' ')[0])).toEqual(['pooled', 'alone', 'best', 'mean', 'worst'])
  expect(withClass(chartOf(sampleRun({ nodes: 8 })), 'band')).toEqual([])
})

test('says so when nothing was measured', () => {
  const run = sampleRun({ nodes: 2 })
  for (const node of run.nodes) node.curve = []
  expect(renderAccuracy(run).text).toContain('No node measured its accuracy')
})
