import { expect, test } from 'vitest'
import { renderHeatMap } from '../../../scripts/reproduce/heat-map.ts'

const MAP = {
  title: 'A < B & C',
  columns: ['none', 'alie'],
  rows: [
    { title: 'mean', values: [0.9, 0.1] },
    { title: 'median', values: [0.5, undefined] }
  ],
  range: [0.1, 0.9] as const,
  format: (value: number) => `${Math.round(100 * value)} %`
}

const fills = (svg: string): string[] => [...svg.matchAll(/<rect x[^>]*fill="([^"]+)"/g)].map(([, fill]) => fill!)

test('has a cell for each value, in its place, and none where there is none', () => {
  const svg = renderHeatMap(MAP)
  const cells = [...svg.matchAll(/<text class="cell" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)</g)]
  const [best, worst, middle] = cells.map(([, x, y, text]) => ({ x: Number(x), y: Number(y), text }))

  expect(cells.map((cell) => cell[3])).toEqual(['90 %', '10 %', '50 %'])
  expect(worst!.x).toBeGreaterThan(best!.x)
  expect(worst!.y).toBe(best!.y)
  expect(middle).toMatchObject({ x: best!.x })
  expect(middle!.y).toBeGreaterThan(best!.y)
})

test('gives the ends of the range the ends of the scale, and values beyond them the same', () => {
  const [high, low, middle] = fills(renderHeatMap(MAP))
  const beyond = fills(renderHeatMap({ ...MAP, rows: [{ title: 'mean', values: [2, -1] }] }))

  expect([high, low]).toEqual(['rgb(37,120,215)', 'rgb(191,85,15)'])
  expect(middle).toBe('rgb(236,232,226)')
  expect(beyond).toEqual([high, low])
})

test('stands alone: names escaped, no cell outside of the drawing', () => {
  const svg = renderHeatMap(MAP)
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!
  const corners = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="(\d+)" height="(\d+)"/g)]

  expect(svg).toContain('<title>A &lt; B &amp; C</title>')
  expect(svg).not.toMatch(/href|NaN|undefined/)
  for (const [, x, y, w, h] of corners) {
    expect(Number(x) + Number(w)).toBeLessThanOrEqual(Number(width))
    expect(Number(y) + Number(h)).toBeLessThanOrEqual(Number(height))
  }
})
