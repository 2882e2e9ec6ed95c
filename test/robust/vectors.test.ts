import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import {
  type AggregateOptions,
  type AggregatorSpec,
  createAggregator,
  createPreAggregator,
  type PreAggregatorSpec
} from '../../src/robust/registry.ts'

/** Relative to the largest value of the result. */
const TOLERANCE = 1e-5

type Row = readonly number[]
interface Vector {
  readonly cls: string
  readonly params: Readonly<Record<string, unknown>>
  readonly input: readonly Row[] | { readonly self: Row; readonly neighbours: readonly Row[] }
  readonly output: Row | readonly Row[]
}
interface VectorFile {
  readonly source: string
  readonly vectors: readonly Vector[]
}

const fixture = read(new URL('../fixtures/robust.json', import.meta.url))
/** Where the vectors come from, when they are at hand beside the repository. */
const shared = new URL('../../../shared/vectors/robust.json', import.meta.url)

const vectors = new VectorHeap()

/** The names of the file, in ours; what a parameter of the file becomes. */
const RULES: Readonly<Record<string, (params: Vector['params']) => AggregatorSpec>> = {
  Average: () => ({ rule: 'mean' }),
  Median: () => ({ rule: 'median' }),
  TrMean: ({ f }) => ({ rule: 'trimmed-mean', f: f as number }),
  GeometricMedian: ({ nu, T }) => ({ rule: 'geometric-median', nu: nu as number, steps: T as number }),
  Krum: ({ f }) => ({ rule: 'krum', f: f as number, neighbours: 'byzfl' }),
  'Krum-original': ({ f }) => ({ rule: 'krum', f: f as number }),
  MultiKrum: ({ f }) => ({ rule: 'multi-krum', f: f as number, neighbours: 'byzfl' }),
  CenteredClipping: ({ L, tau, call }) => ({
    rule: 'centered-clipping',
    steps: L as number,
    tau: tau as number,
    start: call === 2 ? 'last' : 'origin'
  }),
  MDA: ({ f }) => ({ rule: 'mda', f: f as number }),
  MoNNA: ({ f }) => ({ rule: 'monna', f: f as number }),
  Meamed: ({ f }) => ({ rule: 'meamed', f: f as number }),
  'SMEA-exact': ({ f }) => ({ rule: 'smea', f: f as number }),
  'CAF-exact': ({ f }) => ({ rule: 'caf', f: f as number }),
  'Bulyan-original': ({ f }) => ({ rule: 'bulyan', f: f as number }),
  SelfCenteredClipping: ({ tau }) => ({ rule: 'self-centered-clipping', tau: tau as number })
}
const PRE: Readonly<Record<string, (params: Vector['params']) => PreAggregatorSpec>> = {
  NNM: ({ f }) => ({ rule: 'nnm', f: f as number }),
  Clipping: ({ c }) => ({ rule: 'clipping', c: c as number }),
  ARC: ({ f }) => ({ rule: 'arc', f: f as number })
}

function read(url: URL): VectorFile {
  return JSON.parse(readFileSync(url, 'utf8'), (_, value) => (/^-?inf$/i.test(value) ? Infinity : value)) as VectorFile
}

function rowsOf({ input }: Vector): Float32Array[] {
  const rows = 'self' in input ? [input.self, ...input.neighbours] : input

  return rows.map((row) => Float32Array.from(row))
}

function optionsOf({ cls, params }: Vector, updates: readonly Float32Array[]): AggregateOptions {
  if (cls === 'MoNNA') return { own: params['idx'] as number }
  if (cls === 'SelfCenteredClipping') {
    return { own: 0, mixingWeights: params['weights_self_then_neighbours'] as number[] }
  }
  if (params['call'] !== 2) return {}

  const first = createAggregator(
    { rule: 'centered-clipping', tau: params['tau'] as number, start: 'origin' },
    { vectors }
  )
  return { start: first.aggregate(updates) }
}

function run(vector: Vector): number[][] {
  const updates = rowsOf(vector)
  const pre = PRE[vector.cls]?.(vector.params)
  if (pre !== undefined) {
    const outs = updates.map((update) => new Float32Array(update.length))
    createPreAggregator(pre, { vectors }).mixInto(outs, updates)
    return outs.map((out) => [...out])
  }

  const aggregator = createAggregator(RULES[vector.cls]!(vector.params), { vectors })
  return [[...aggregator.aggregate(updates, optionsOf(vector, updates))]]
}

function expectClose(actual: number[][], output: Vector['output']): void {
  const expected = (Array.isArray(output[0]) ? output : [output]) as number[][]
  const scale = Math.max(...expected.flat().map(Math.abs))

  expect(actual.map((row) => row.length)).toEqual(expected.map((row) => row.length))
  for (const [i, row] of expected.entries()) {
    for (const [k, value] of row.entries()) {
      expect(Math.abs(actual[i]![k]! - value) / scale, `row ${i}, coordinate ${k}`).toBeLessThan(TOLERANCE)
    }
  }
}

const isOurs = ({ cls }: Vector): boolean => cls in RULES || cls in PRE
const isUsable = (vector: Vector): boolean => rowsOf(vector).every((row) => row.every(Number.isFinite))
const table = ({ vectors }: VectorFile) =>
  vectors.filter(isOurs).map((vector, at) => ({ id: `${at} ${vector.cls} ${JSON.stringify(vector.params)}`, vector }))

describe('the reference vectors', () => {
  test('are all there', () => {
    expect(fixture.vectors.filter(isOurs).length).toBe(23)
    expect(new Set(fixture.vectors.map(({ cls }) => cls))).toEqual(
      new Set([...Object.keys(RULES), ...Object.keys(PRE)])
    )
  })

  test.each(table(fixture).filter(({ vector }) => isUsable(vector)))('$id', ({ vector }) => {
    expectClose(run(vector), vector.output)
  })

  test.each(table(fixture).filter(({ vector }) => !isUsable(vector)))('$id, with an infinite row', ({ vector }) => {
    expect(() => run(vector)).toThrow(expect.objectContaining({ code: 'ERR_UPDATE_NOT_FINITE' }))

    // what the caller does then; byzfl does it inside
    const input = (vector.input as readonly Row[]).filter((row) => row.every(Number.isFinite))
    expectClose(run({ ...vector, input }), vector.output)
  })
})

test.runIf(existsSync(shared))('the copy in this repository says what the original says', () => {
  const original = read(shared)

  expect(fixture.source).toBe(original.source)
  expect(fixture.vectors).toEqual(original.vectors.filter(isOurs))
})
