import { createRng } from '../../src/math/philox.ts'
import {
  aggregatorNames,
  createAggregator,
  createPreAggregator,
  parseAggregator,
  preAggregatorNames
} from '../../src/robust/registry.ts'
import type { PreAggregatorSpec } from '../../src/robust/spec.ts'
import type { Case, Inputs } from './robust-inputs.ts'

/** Of n updates, how many may be Byzantine: a fifth, and 4n/19 is the most that `bulyan` carries. */
export const byzantineOf = (n: number): number => Math.floor(n / 5)

/** Below the length of the random vectors, so that there is something to clip. */
const clipAt = (dim: number): number => Math.sqrt(dim) / 2

/** Promised multiples of a copy. */
const TARGETS: Readonly<Record<string, number>> = {
  mean: 2.5,
  clipping: 4,
  arc: 4,
  'centered-clipping': 6,
  monna: 6,
  'geometric-median, 3 steps': 15,
  krum: 15,
  'multi-krum': 15,
  median: 15,
  'trimmed-mean': 15,
  nnm: 25,
  meamed: 25,
  caf: 25
}

/** How a rule is written for n updates of length dim. */
function textOf(rule: string, n: number, dim: number): string {
  const needsF = ['trimmed-mean', 'meamed', 'krum', 'multi-krum', 'bulyan', 'mda', 'smea', 'caf', 'monna']
  if (needsF.includes(rule)) return `${rule}:f=${byzantineOf(n)}`
  if (rule.endsWith('centered-clipping')) return `${rule}:tau=${clipAt(dim)}`

  return rule === 'geometric-median, 3 steps' ? 'geometric-median:steps=3' : rule
}

/** Every aggregator that works on models alone: mozi's time is that of the losses it asks for. */
export function ruleNames(): string[] {
  return aggregatorNames.flatMap((rule) => {
    if (rule === 'mozi') return []

    return rule === 'geometric-median' ? ['geometric-median, 3 steps', rule] : [rule]
  })
}

export function ruleCase(rule: string, { heap, vectors }: Inputs): Case {
  const dim = vectors[0]!.length
  const aggregator = createAggregator(parseAggregator(textOf(rule, vectors.length, dim)), { vectors: heap })
  const out = heap.allocate(dim)

  return { label: rule, target: TARGETS[rule], run: () => aggregator.aggregateInto(out, vectors, { own: 0 }) }
}

/** A pre-aggregator by itself, which writes all its vectors out: in a chain it is cheaper. */
export function preAggregatorCase(name: string, { heap, vectors, outs }: Inputs): Case {
  const [n, dim] = [vectors.length, vectors[0]!.length]
  const specs: Readonly<Record<string, PreAggregatorSpec>> = {
    nnm: { rule: 'nnm', f: byzantineOf(n) },
    bucketing: { rule: 'bucketing' },
    clipping: { rule: 'clipping', c: clipAt(dim) },
    arc: { rule: 'arc', f: byzantineOf(n) }
  }
  const stage = createPreAggregator(specs[name]!, { vectors: heap, rng: createRng(1, 'bench:draw') })
  const written = outs.slice(0, stage.outputs(n))

  return { label: name, target: TARGETS[name], run: () => stage.mixInto(written, vectors) }
}

/** Everything there is, each once. */
export function ruleCases(inputs: Inputs): Case[] {
  return [
    ...ruleNames().map((rule) => ruleCase(rule, inputs)),
    ...preAggregatorNames.map((name) => preAggregatorCase(name, inputs))
  ]
}
