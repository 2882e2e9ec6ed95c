import type { ByzantineNode } from '../../node/byzantine.ts'
import type { BytesSoFar } from '../../node/events.ts'
import { type Job, jobId } from '../../node/job.ts'
import type { SimulationEvent, SimulationResult, SimulationSpec } from '../../node/simulation-types.ts'
import type { Versions } from '../../node/versions.ts'
import { type MergeMean, recordMerge } from './merge-means.ts'
import { newReplicaRecord, type ReplicaRecord, recordReplica } from './replica-record.ts'

/**
 * `done`: has its final model. `left`: exited by itself afterwards. `died`: gone without finishing. `withdrawn`: said
 * goodbye before the end, in a simulation.
 */
export type NodeState = 'starting' | 'ready' | 'train' | 'settle' | 'done' | 'left' | 'died' | 'withdrawn'

/** A point on a node's curve; seconds since the run started. */
export interface CurvePoint {
  seconds: number
  round: number
  accuracy: number
}

/** Everything a run's table, summary and report say of one node. */
export interface NodeRecord {
  /** 0 .. n - 1: also its slice of the data. */
  index: number
  /** What a Byzantine node does; undefined for an honest one. */
  attack: string | undefined
  peer: string | undefined
  state: NodeState
  /** Training examples of each class. */
  classCounts: number[]
  examples: number
  /** The newest training round; those of the end, that only merge, don't count. */
  rounds: number
  /** Rounds in which it trained: all up to the newest, unless the learner samples who trains. */
  trained: number
  steps: number
  /** Mean training loss of the newest round. */
  loss: number | undefined
  /** Models merged in all rounds. */
  merged: number
  curve: CurvePoint[]
  /** On the whole common test set, after the last merge. */
  accuracy: number | undefined
  bytes: BytesSoFar
  /** Of lives before this one: a node that comes back counts from 0. */
  earlierBytes: BytesSoFar
  /** When its last event came. */
  lastHeardSeconds: number
  /** Why it died. */
  reason: string | undefined
  /** What its filter has said last of each peer that it ever left out. */
  scores: Map<string, PeerScore>
  /** Refused messages and models by code. */
  rejected: Record<string, number>
  /** Rounds whose training ended in NaN or infinity, and was undone. */
  diverged: number
  /** Of learners that exchange projections. */
  replica: ReplicaRecord
}

export interface Baseline {
  /** Accuracy of each node trained alone for as many steps as it did in the swarm; undefined for a node that did none. */
  alone: (number | undefined)[]
  /** Accuracy of one model on all the data, with batches as many times larger as there are nodes. */
  pooled: number
}

/** What a node's filter has concluded about a peer. */
export type PeerScore = Pick<
  Extract<SimulationEvent, { event: 'peer:scored' }>,
  'round' | 'score' | 'excluded' | 'reason'
>

/** One merge of a sample's models; with several aggregators there are several for a round. */
export interface Aggregation {
  round: number
  seconds: number
  node: number
  /** Models merged, of as many as were asked for. */
  merged: number
  expected: number
  /** From the first of them to the merge. */
  waitedMs: number
}

/** Somebody came or went before the end. */
export interface Incident {
  kind: 'joined' | 'crashed' | 'left' | 'rejoined'
  seconds: number
  node: number
}

/** What there is to say of a run in virtual time, besides what every run has. */
export interface SimulatedRun {
  spec: SimulationSpec
  /** The flags that made the spec, to run it again. */
  flags: string
  /** Undefined when the run was stopped before its end. */
  result: SimulationResult | undefined
  /** Virtual time of the newest event. */
  virtualSeconds: number
  /** Of events.jsonl, in hex; undefined until all is written, or when it could not be. */
  eventsSha256: string | undefined
}

/** One run of a swarm, from which everything in its folder is made. */
export interface RunRecord {
  job: Job
  jobId: string
  versions: Versions
  device: string
  /** ISO 8601. */
  startedAt: string
  /** Real time, from the start of the first process to the end of the last. */
  seconds: number
  nodes: NodeRecord[]
  /** By time; empty with learners that don't sample. */
  aggregations: Aggregation[]
  /** By round; empty with merge policies that measure nothing. */
  merges: Map<number, MergeMean>
  /** By time. */
  incidents: Incident[]
  /** Undefined for a run of real nodes. */
  simulated: SimulatedRun | undefined
  /** Pairs of node indices that exchange models, as the topology was at the start. */
  edges: [number, number][]
  baseline: Baseline | undefined
  /** Stopped by Ctrl-C before it was through. */
  interrupted: boolean
}

export function newNodeRecord(index: number): NodeRecord {
  return {
    index,
    attack: undefined,
    peer: undefined,
    state: 'starting',
    classCounts: [],
    examples: 0,
    rounds: 0,
    trained: 0,
    steps: 0,
    loss: undefined,
    merged: 0,
    curve: [],
    accuracy: undefined,
    bytes: { sent: 0, received: 0 },
    earlierBytes: { sent: 0, received: 0 },
    lastHeardSeconds: 0,
    reason: undefined,
    scores: new Map(),
    rejected: {},
    diverged: 0,
    replica: newReplicaRecord()
  }
}

export interface NewRunInit {
  versions: Versions
  device: string
  /** Who attacks. */
  byzantine?: readonly ByzantineNode[]
}

/** A run of which nothing has happened yet. */
export function newRunRecord(job: Job, { versions, device, byzantine = [] }: NewRunInit): RunRecord {
  const nodes = Array.from({ length: job.data.nodes }, (_, index) => newNodeRecord(index))
  for (const { node, attack } of byzantine) nodes[node]!.attack = attack

  return {
    job,
    jobId: jobId(job),
    versions,
    device,
    startedAt: new Date().toISOString(),
    seconds: 0,
    nodes,
    aggregations: [],
    merges: new Map(),
    incidents: [],
    simulated: undefined,
    edges: [],
    baseline: undefined,
    interrupted: false
  }
}

/** Takes one event of a node into the run's record. */
export function recordRunEvent(run: RunRecord, index: number, event: SimulationEvent, seconds: number): void {
  recordEvent(run.nodes[index]!, event, seconds)
  switch (event.event) {
    case 'model:aggregated': {
      const { round, merged, expected, waitedMs } = event
      run.aggregations.push({ round, seconds, node: index, merged, expected, waitedMs })
      break
    }
    case 'model:merged':
      recordMerge(run.merges, event, seconds)
      break
    case 'node:joined':
    case 'node:crashed':
    case 'node:left':
    case 'node:rejoined':
      run.incidents.push({ kind: event.event.slice('node:'.length) as Incident['kind'], seconds, node: index })
      break
    default:
      break
  }
}

/** Takes one event of a node into its record. */
export function recordEvent(node: NodeRecord, event: SimulationEvent, seconds: number): void {
  node.lastHeardSeconds = seconds
  recordReplica(node.replica, event, seconds)
  switch (event.event) {
    case 'node:ready':
      node.peer = event.peer
      node.state = 'ready'
      break
    case 'data:loaded':
      node.examples = event.examples
      node.classCounts = event.classCounts
      break
    case 'phase:started':
      node.state = event.phase
      break
    case 'round:ended':
      recordRound(node, event)
      break
    case 'model:aggregated':
      countBytes(node, event.bytes)
      break
    case 'model:evaluated':
      node.curve.push({ seconds, round: event.round, accuracy: event.accuracy })
      countBytes(node, event.bytes)
      if (event.final) node.accuracy = event.accuracy
      break
    case 'model:rejected':
    case 'peer:rejected':
      node.rejected[event.code] = (node.rejected[event.code] ?? 0) + 1
      break
    case 'peer:scored': {
      const { peer, round, score, excluded, reason } = event
      node.scores.set(peer, { round, score, excluded, reason })
      break
    }
    case 'training:diverged':
      node.diverged++
      break
    case 'node:stopped':
      node.steps = event.steps
      countBytes(node, event.bytes)
      if (event.reason === 'finished') node.state = 'left'
      break
    case 'node:crashed':
      node.state = 'died'
      node.reason = 'crashed, as the simulation had it'
      if (event.bytes !== undefined) countBytes(node, event.bytes)
      break
    case 'node:left':
      node.state = 'withdrawn'
      break
    case 'node:joined':
    case 'node:rejoined':
      node.state = 'ready'
      node.reason = undefined
      node.earlierBytes = node.bytes
      break
    default:
      break
  }
}

function countBytes(node: NodeRecord, { sent, received }: BytesSoFar): void {
  const { earlierBytes } = node
  node.bytes = { sent: earlierBytes.sent + sent, received: earlierBytes.received + received }
}

function recordRound(node: NodeRecord, event: Extract<SimulationEvent, { event: 'round:ended' }>): void {
  if (event.loss !== null) {
    node.rounds = Math.max(node.rounds, event.round)
    node.trained++
    node.loss = event.loss
  }
  node.merged += event.merged
  countBytes(node, event.bytes)
}
