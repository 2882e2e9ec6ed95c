import { samplesMembers, sendsProjections, swarmRound } from '../../node/job-progress.ts'
import { maxOf, meanOf, minOf, sumOf } from '../statistics.ts'
import { isHonest } from './byzantine.ts'
import { type Distrust, distrustOf } from './distrust.ts'
import { isLiving } from './living.ts'
import { type ReplicaSummary, replicaSummary } from './replicas.ts'
import type { NodeRecord, RunRecord } from './run-record.ts'

/** The machine-readable result: `summary.json`, and the last line with `--json`. Of projections where nodes exchange some. */
export interface Summary extends Partial<ReplicaSummary> {
  jobId: string
  seed: number
  nodes: number
  /** Training rounds of the living, on average; the newest round when the learner samples who trains. */
  rounds: number
  /** Real time. */
  seconds: number
  /** Of the honest nodes. */
  accuracy: { mean: number | null; min: number | null; max: number | null }
  byzantine: { node: number; attack: string }[]
  /** Mean of what Byzantine nodes reach themselves, merging as honestly as all; null when there are none. */
  byzantineAccuracy: number | null
  baseline: { alone: { mean: number | null }; pooled: number | null }
  bytes: { sent: number; received: number; perNodePerRound: number }
  /** Peers that nodes leave out at the end, with what their filters say of them; absent where none has one. */
  scores?: Distrust[]
  died: { node: number; peer: string | null; lastHeardSeconds: number; round: number; reason: string }[]
  interrupted: boolean
  /** Of a run in virtual time only; null where the run was stopped too early to know. */
  simulated?: {
    virtualSeconds: number
    events: number | null
    /** In real time. */
    eventsPerSecond: number | null
    digest: string | null
    eventsSha256: string | null
  }
}

export function summarise(run: RunRecord): Summary {
  const honest = run.nodes.filter(isHonest)
  // where one model goes round, it is worth what it was when the node that had measured it died
  const counted = samplesMembers(run.job) ? honest : honest.filter(isLiving)
  const accuracies = counted.flatMap(({ accuracy }) => accuracy ?? [])
  const alone = honest.flatMap(({ index }) => run.baseline?.alone[index] ?? [])
  const rounds = Math.round(swarmRound(run.job, counted))
  const sent = sumOf(run.nodes.map(({ bytes }) => bytes.sent))

  return {
    jobId: run.jobId,
    seed: run.job.seed,
    nodes: run.nodes.length,
    rounds,
    seconds: Number(run.seconds.toFixed(2)),
    accuracy: {
      mean: meanOf(accuracies) ?? null,
      min: accuracies.length === 0 ? null : minOf(accuracies),
      max: accuracies.length === 0 ? null : maxOf(accuracies)
    },
    byzantine: run.nodes.flatMap(({ index, attack }) => (attack === undefined ? [] : { node: index, attack })),
    byzantineAccuracy:
      meanOf(run.nodes.filter((node) => !isHonest(node)).flatMap(({ accuracy }) => accuracy ?? [])) ?? null,
    baseline: { alone: { mean: meanOf(alone) ?? null }, pooled: run.baseline?.pooled ?? null },
    bytes: {
      sent,
      received: sumOf(run.nodes.map(({ bytes }) => bytes.received)),
      perNodePerRound: perRound(sent, nodeRounds(run, rounds))
    },
    ...(run.nodes.some(({ scores }) => scores.size > 0) ? { scores: distrustOf(run) } : {}),
    ...(sendsProjections(run.job) ? replicaSummary(run) : {}),
    died: run.nodes.filter(({ state }) => state === 'died').map(obituary),
    interrupted: run.interrupted,
    ...simulatedPart(run)
  }
}

/** Rounds of all nodes together, which what they sent is divided by. */
function nodeRounds(run: RunRecord, rounds: number): number {
  return samplesMembers(run.job) ? run.nodes.length * rounds : sumOf(run.nodes.map((node) => node.rounds))
}

function perRound(bytes: number, rounds: number): number {
  return rounds === 0 ? 0 : Math.round(bytes / rounds)
}

function simulatedPart({ simulated }: RunRecord): Pick<Summary, 'simulated'> {
  if (simulated === undefined) return {}
  const { result, virtualSeconds, eventsSha256 } = simulated

  return {
    simulated: {
      virtualSeconds: Number(virtualSeconds.toFixed(3)),
      events: result?.events ?? null,
      eventsPerSecond: result === undefined ? null : Math.round(result.eventsPerSecond),
      digest: result?.digest ?? null,
      eventsSha256: eventsSha256 ?? null
    }
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
