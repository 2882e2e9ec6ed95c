import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import {
  type AggregatorSpec,
  aggregatorNames,
  aggregatorsHelp,
  createAggregator,
  parseAggregator,
  preAggregatorNames
} from '../../src/robust/registry.ts'
import { preAggregators, rules } from '../../src/robust/spec.ts'

const vectors = new VectorHeap()
const nameOf = (spec: AggregatorSpec, f?: number): string =>
  createAggregator(spec, { vectors, rng: createRng(1, 'text'), ...(f === undefined ? {} : { f }) }).name

describe('a chain is read as it is written', () => {
  test.each([
    { text: 'mean', spec: { rule: 'mean' } },
    { text: 'krum:f=3:neighbours=byzfl', spec: { rule: 'krum', f: 3, neighbours: 'byzfl' } },
    { text: 'nnm,trimmed-mean:f=2', spec: { rule: 'trimmed-mean', f: 2, pre: [{ rule: 'nnm' }] } },
    {
      text: ' clipping:c=2 , nnm:f=1,trimmed-mean:f=1',
      spec: {
        rule: 'trimmed-mean',
        f: 1,
        pre: [
          { rule: 'clipping', c: 2 },
          { rule: 'nnm', f: 1 }
        ]
      }
    },
    { text: 'geometric-median:tolerance=1e-4', spec: { rule: 'geometric-median', tolerance: 1e-4 } }
  ])('$text', ({ text, spec }) => {
    expect(parseAggregator(text)).toEqual(spec)
  })
})

describe('its name says what is meant', () => {
  test.each([
    { text: 'krum:neighbours=paper:f=3', name: 'krum:f=3' },
    { text: 'nnm,trimmed-mean:f=2', name: 'nnm:f=2,trimmed-mean:f=2' },
    { text: 'nnm:f=1,trimmed-mean', name: 'nnm:f=1,trimmed-mean:f=1' },
    { text: 'nnm:f=1,arc:f=2,krum:f=3', name: 'nnm:f=1,arc:f=2,krum:f=3' },
    { text: 'bucketing:s=3,median', name: 'bucketing:s=3,median' },
    { text: 'bucketing,median', name: 'bucketing,median' },
    { text: 'nnm:f=2,self-centered-clipping', name: 'nnm:f=2,self-centered-clipping:f=2' },
    { text: 'self-centered-clipping', name: 'self-centered-clipping' }
  ])('$text: $name', ({ text, name }) => {
    expect(nameOf(parseAggregator(text))).toBe(name)
  })

  test('an f of the caller is for those that have none, and for chains without any', () => {
    const spec = parseAggregator('nnm,trimmed-mean', { f: 2 })

    expect(spec).toEqual({ rule: 'trimmed-mean', pre: [{ rule: 'nnm' }] })
    expect(nameOf(spec, 2)).toBe('nnm:f=2,trimmed-mean:f=2')
    expect(nameOf(parseAggregator('nnm:f=1,trimmed-mean'), 2)).toBe('nnm:f=1,trimmed-mean:f=1')
  })
})

describe('what cannot be is refused, with what is wrong and what to write', () => {
  test.each([
    { text: 'trimed-mean:f=1', says: ['trimed-mean', 'did you mean trimmed-mean'] },
    { text: 'nnn:f=1,median', says: ['no pre-aggregator "nnn"', 'did you mean nnm', 'bucketing'] },
    { text: 'toString', says: ['no aggregator "toString"'] },
    { text: '__proto__', says: ['no aggregator'] },
    { text: 'nnm:f=1', says: ['is a pre-aggregator, not an aggregator', 'nnm,trimmed-mean'] },
    { text: 'krum:f=1,median', says: ['is an aggregator, not a pre-aggregator'] },
    { text: 'krum:f=1:neighbors=paper', says: ['no option "neighbors"', 'did you mean neighbours'] },
    { text: 'median:f=1', says: ['median: no option "f"', 'it has none'] },
    { text: 'krum:constructor=1', says: ['no option "constructor"'] },
    { text: 'krum', says: ['krum needs f', 'f=N'] },
    { text: 'nnm:f=1,arc:f=2,krum', says: ['krum needs f'] },
    { text: 'krum:f=-1', says: ['krum: f is -1', 'whole number'] },
    { text: 'krum:f=1.5', says: ['krum: f is 1.5'] },
    { text: 'krum:f=two', says: ['krum: f is "two"'] },
    { text: 'krum:f=Infinity', says: ['krum: f is'] },
    { text: 'krum:f=', says: ['krum: f is ""'] },
    { text: 'krum:f', says: ['expected OPTION=VALUE'] },
    { text: 'krum:f=1:f=2', says: ['has f twice'] },
    { text: 'krum:rule=median', says: ['expected OPTION=VALUE'] },
    { text: 'krum:f=1:neighbours=all', says: ['"all"', 'paper, byzfl'] },
    { text: 'clipping,mean', says: ['clipping needs c'] },
    { text: 'clipping:c=0,mean', says: ['above 0'] },
    { text: 'clipping:c=1e999,mean', says: ['c is', 'above 0'] },
    { text: 'mozi:alpha=2', says: ['alpha is 2', 'from 0 to 1'] },
    { text: 'geometric-median:nu=1', says: ['nu goes with steps'] },
    { text: 'geometric-median:steps=3:tolerance=0.1', says: ['exclude each other'] },
    { text: 'bucketing,monna:f=1', says: ['monna needs the own update'] },
    { text: 'nnm:f=1,mozi', says: ['nothing may come before'] },
    { text: '', says: ['expected RULE'] },
    { text: 'nnm:f=1,', says: ['expected RULE'] },
    { text: 'x'.repeat(501), says: ['500 characters'] }
  ])('$text', ({ text, says }) => {
    for (const part of says) {
      expect(() => parseAggregator(text)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(part) })
      )
    }
  })

  test.each([
    { spec: null },
    { spec: 'median' },
    { spec: [] },
    { spec: {} },
    { spec: { rule: 7 } },
    { spec: { rule: 'median', pre: 'nnm' } },
    { spec: { rule: 'median', pre: [null] } },
    { spec: { rule: 'krum', f: '2' } },
    { spec: { rule: 'krum', f: Number.NaN } },
    { spec: { rule: 'krum', f: 1, neighbours: 5 } },
    { spec: { rule: 'median', extra: 1 } }
  ])('$spec', ({ spec }) => {
    expect(() => createAggregator(spec as unknown as AggregatorSpec, { vectors })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' })
    )
  })

  test('a rule that draws at random needs something to draw from', () => {
    expect(() => createAggregator({ rule: 'median', pre: [{ rule: 'bucketing' }] }, { vectors })).toThrow(/rng/)
  })
})

test('the help names every rule and option, one line a rule', () => {
  const lines = aggregatorsHelp().split('\n')

  expect(lines).toHaveLength(aggregatorNames.length + preAggregatorNames.length + 2)
  for (const name of [...aggregatorNames, ...preAggregatorNames]) {
    expect(lines.filter((line) => line.startsWith(`  ${name}: `))).toHaveLength(1)
  }
  expect(aggregatorsHelp()).toContain('neighbours=paper|byzfl')
})

test('docs/ROBUST.md has a row for every rule, with every option', () => {
  const page = readFileSync(new URL('../../docs/ROBUST.md', import.meta.url), 'utf8')

  for (const [name, { options }] of [...Object.entries(rules), ...Object.entries(preAggregators)]) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
    expect(row, name).not.toBe('')
    for (const option of Object.keys(options)) expect(row, name).toContain(`\`${option}\``)
  }
})
