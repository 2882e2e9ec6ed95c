import type { NodeRecord, RunRecord } from './run-record.ts'

/** The machine-readable result: `summary.json`, and the last line with `--json`. */
export interface Summary {
  jobId: string
  seed: number
  nodes: number
  /** Training rounds of the living, on average. */
  rounds: number
  seconds: number
  accuracy: { mean: number | null; min: number | null; max: number | null }
  baseline: { alone: { mean: number | null }; pooled: number | null }
  bytes: { sent: number; received: number; perNodePerRound: number }
  died: { node: number; peer: string | null; lastHeardSeconds: number; round: number; reason: string }[]
  interrupted: boolean
}

export function summarise(run: RunRecord): Summary {
  const living = run.nodes.filter(({ state }) => state !== 'died')
  const accuracies = living.flatMap(({ accuracy }) => accuracy ?? [])
  const alone = run.baseline?.alone.flatMap((accuracy) => accuracy ?? []) ?? []
  const rounds = run.nodes.reduce((sum, node) => sum + node.rounds, 0)
  const sent = run.nodes.reduce((sum, node) => sum + node.bytes.sent, 0)

  return {
    jobId: run.jobId,
    seed: run.job.seed,
    nodes: run.nodes.length,
    rounds: Math.round(mean(living.map((node) => node.rounds)) ?? 0),
    seconds: Number(run.seconds.toFixed(2)),
    accuracy: {
      mean: mean(accuracies),
      min: accuracies.length === 0 ? null : Math.min(...accuracies),
      max: accuracies.length === 0 ? null : Math.max(...accuracies)
    },
    baseline: { alone: { mean: mean(alone) }, pooled: run.baseline?.pooled ?? null },
    bytes: {
      sent,
      received: run.nodes.reduce((sum, node) => sum + node.bytes.received, 0),
      perNodePerRound: rounds === 0 ? 0 : Math.round(sent / rounds)
    },
    died: run.nodes.filter(({ state }) => state === 'died').map(obituary),
    interrupted: run.interrupted
  }
}

function obituary(node: NodeRecord): Summary['died'][number] {
  return {
    node: node.index,
    peer: node.peer ?? null,
    lastHeardSeconds: Number(node.lastHeardSeconds.toFixed(1)),
    round: node.rounds,
    reason: node.reason ?? 'unknown'
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
