import { expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { type Aggregator, createAggregator, parseAggregator } from '../../src/robust/registry.ts'
import { distance, mean } from './reference.ts'

/**
 * Two cliques with models of their own and one edge between them; nobody is Byzantine. A rule that drops f updates
 * drops the one from across the bridge, and the cliques never agree. docs/ROBUST.md says which rules do that.
 */
const CLIQUE = 7
const DIM = 8
const ROUNDS = 400
const vectors = new VectorHeap()

const degree = (node: number): number => (node % CLIQUE === 0 ? CLIQUE : CLIQUE - 1)

/** A node, then its neighbours; the first node of each clique is an end of the bridge. */
function neighbourhood(node: number): number[] {
  const base = node < CLIQUE ? 0 : CLIQUE
  const clique = Array.from({ length: CLIQUE }, (_, k) => base + k).filter((other) => other !== node)

  return [node, ...clique, ...(node === base ? [CLIQUE - base] : [])]
}

/** Metropolis: 1 / (1 + the larger degree) for each edge, the rest for itself. */
function metropolis(nodes: readonly number[]): number[] {
  const [self = 0, ...others] = nodes
  const weights = others.map((other) => 1 / (1 + Math.max(degree(self), degree(other))))

  return [1 - weights.reduce((sum, weight) => sum + weight, 0), ...weights]
}

function gossip(models: Float32Array[], rule: Aggregator): Float32Array[] {
  return models.map((_, node) => {
    const nodes = neighbourhood(node)
    const out = new Float32Array(DIM)
    const updates = nodes.map((each) => models[each]!)
    const data = Array(DIM).fill(node < CLIQUE ? 1 : -1) // each clique has its own
    const losses = updates.map((update) => distance([...update], data))
    rule.aggregateInto(out, updates, { own: 0, mixingWeights: metropolis(nodes), losses })
    return out
  })
}

const gapOf = (models: Float32Array[]): number => {
  const rows = models.map((model) => [...model])

  return distance(mean(rows.slice(0, CLIQUE)), mean(rows.slice(CLIQUE)))
}

/** How far the cliques are apart in the end, relative to the start. */
function gapLeft(text: string): number {
  const rng = createRng(2, 'dumbbell')
  const start = Array.from({ length: 2 * CLIQUE }, (_, node) =>
    Float32Array.from({ length: DIM }, () => (node < CLIQUE ? 1 : -1) + 0.1 * rng.normal())
  )
  const rule = createAggregator(parseAggregator(text), { vectors })
  let models: Float32Array[] = start
  for (let round = 0; round < ROUNDS; round++) models = gossip(models, rule)

  return gapOf(models) / gapOf(start)
}

test.each([
  'median',
  'trimmed-mean:f=1',
  'meamed:f=1',
  'geometric-median',
  'krum:f=1',
  'multi-krum:f=1',
  'bulyan:f=1',
  'mda:f=1',
  'smea:f=1',
  'caf:f=1',
  'monna:f=1',
  'mozi',
  'nnm,trimmed-mean:f=1',
  'self-centered-clipping:f=1' // without tau: the clique's own spread goes to zero, and with it what passes
])('%s cuts the bridge', (text) => {
  expect(gapLeft(text)).toBeGreaterThan(0.98)
})

test.each(['mean', 'self-centered-clipping:tau=1', 'clipping:c=100,mean', 'arc:f=1,mean'])('%s crosses it', (text) => {
  expect(gapLeft(text)).toBeLessThan(0.01)
})

test.each(['self-centered-clipping:tau=0.1', 'centered-clipping:tau=0.1'])('%s crosses it, slowly', (text) => {
  expect(gapLeft(text)).toBeGreaterThan(0.1)
  expect(gapLeft(text)).toBeLessThan(0.8)
})
