import type { RunRecord } from '../../../../src/cli/swarm/run-record.ts'
import { DEFAULT_LINKS } from '../../../../src/sim/link-spec.ts'
import { sampleRun } from './sample-run.ts'

export interface SampledOptions {
  nodes: number
  rounds?: number
  /** Every so many nodes one crashes, from the third on. */
  crashedEvery?: number
  simulated?: boolean
}

/** A run of a learner that samples who trains, as a healthy one is: figures made up, none random. */
export function sampledRun({ nodes, rounds = 50, crashedEvery = 0, simulated = false }: SampledOptions): RunRecord {
  const run = sampleRun({ nodes, job: { learner: { name: 'modest', sample: 10 }, budget: { rounds } } })
  run.baseline = undefined
  for (const node of run.nodes) {
    Object.assign(node, {
      curve: [],
      accuracy: undefined,
      trained: (node.index * 7) % 5,
      rounds: (node.index * 31) % 40
    })
    node.bytes = { sent: node.trained * 940_000 + node.index, received: node.trained * 930_000 }
    if (crashedEvery > 0 && node.index % crashedEvery === 2) crash(run, node.index)
  }
  let seconds = 0
  for (let round = 1; round <= rounds; round++) {
    seconds += round % 10 === 0 ? 4 : 2
    const node = (round * 37) % nodes
    run.aggregations.push({ round, seconds, node, merged: 9, expected: 10, waitedMs: 1500 })
    run.nodes[node]!.rounds = Math.max(run.nodes[node]!.rounds, round)
    run.nodes[node]!.curve.push({ seconds, round, accuracy: 0.1 + 0.8 * (1 - Math.exp(-round / 12)) })
  }
  run.nodes[(rounds * 37) % nodes]!.accuracy = 0.887
  if (simulated) run.simulated = simulatedPart(seconds)

  return run
}

function crash(run: RunRecord, index: number): void {
  const seconds = 20 + (index % 40)
  Object.assign(run.nodes[index]!, {
    state: 'died',
    reason: 'crashed, as the simulation had it',
    lastHeardSeconds: seconds
  })
  run.incidents.push({ kind: 'crashed', seconds, node: index })
}

function simulatedPart(virtualSeconds: number): NonNullable<RunRecord['simulated']> {
  return {
    spec: { links: DEFAULT_LINKS, churn: [], slow: { fraction: 0, factor: 1 }, stepMs: 5, train: true },
    flags: '--churn crash:0.2 --loss 0.01',
    virtualSeconds,
    eventsSha256: 'e'.repeat(64),
    result: {
      virtualMs: virtualSeconds * 1000,
      events: 1_234_567,
      eventsPerSecond: 98_765.4,
      digest: 'c0ffee'.repeat(10)
    }
  }
}
