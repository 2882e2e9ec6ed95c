import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { dumbbell as dumbbellGraph } from './graph.ts'
import { halvedShares } from './shares.ts'
import { runSynchronous, type SynchronousResult } from './synchronous.ts'

const CLIQUE = 10
const DATA = 'mnist-t10k'
const ROUNDS = 900
const PLAIN = 'mean'
/** Long enough for the difference across the bridge, which no attacker is there to use. */
const CLIPPING = 'self-centered-clipping:tau=1'
const MAX_LOSS = 0.01
/** A rule that loses more to plain gossip has cut the bridge: two cliques that never meet lose 15 to 30 points. */
const CUT_LOSS = 0.1
const RULES = [
  PLAIN,
  CLIPPING,
  'self-centered-clipping:tau=0.5',
  'self-centered-clipping:tau=0.1',
  'self-centered-clipping',
  'centered-clipping:tau=1',
  'median',
  'trimmed-mean:f=1',
  'geometric-median',
  'krum:f=1',
  'nnm,trimmed-mean:f=1',
  'mozi'
]

/** Two cliques that know different classes, one edge between them, nobody attacks: who cuts the edge all the same? */
export const dumbbell: Part = {
  about: 'two cliques with different classes and one bridge, no attacker',
  run: runDumbbell
}

async function runDumbbell({ quick, log }: PartOptions): Promise<PartResult> {
  const shares = await halvedShares({ data: DATA, seed: 1 }, CLIQUE)
  const results = new Map<string, SynchronousResult>()
  for (const rule of quick ? RULES.slice(0, 2) : RULES) {
    const result = await measure(rule, shares, quick ? ROUNDS / 10 : ROUNDS)
    results.set(rule, result)
    log(`${rule}: ${percent(result.accuracy)}, cliques ${result.groups.map(percent).join(' and ')}`)
  }
  const plain = results.get(PLAIN)!
  const rows = [...results].map(([rule, { accuracy, groups }]) => [
    `\`${rule}\``,
    percent(accuracy),
    groups.map(percent).join(' and '),
    plain.accuracy - accuracy > CUT_LOSS ? 'cut' : 'crossed'
  ])

  return {
    tables: [{ head: ['rule', 'mean of all models', 'mean of each clique', 'the bridge is'], rows }],
    checks: [check(plain, results.get(CLIPPING)!)]
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

function measure(rule: string, shares: readonly Uint32Array[], rounds: number): Promise<SynchronousResult> {
  return runSynchronous({
    graph: dumbbellGraph(CLIQUE),
    data: DATA,
    model: { name: 'mlp', hidden: [64] },
    shares,
    rule,
    rounds,
    batchSize: 32,
    momentum: 0.9,
    learningRate: 0.01,
    seed: 1,
    groups: [range(0, CLIQUE), range(CLIQUE, 2 * CLIQUE)]
  })
}

function check(plain: SynchronousResult, clipped: SynchronousResult): Check {
  const loss = plain.accuracy - clipped.accuracy

  return {
    what: `${CLIPPING} against plain gossip`,
    found: `${percent(clipped.accuracy)} and ${percent(plain.accuracy)}`,
    wanted: `within ${100 * MAX_LOSS} point`,
    holds: loss <= MAX_LOSS
  }
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}
