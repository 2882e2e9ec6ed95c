import type { BytesSoFar, NodeEvent } from '../../node/events.ts'
import type { Job } from '../../node/job.ts'
import type { Versions } from '../../node/versions.ts'

/** `done`: has its final model. `left`: exited by itself afterwards. `died`: gone without finishing. */
export type NodeState = 'starting' | 'ready' | 'train' | 'settle' | 'done' | 'left' | 'died'

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
  peer: string | undefined
  state: NodeState
  /** Training examples of each class. */
  classCounts: number[]
  examples: number
  /** Training rounds; those of the end, that only merge, don't count. */
  rounds: number
  steps: number
  /** Mean training loss of the newest round. */
  loss: number | undefined
  /** Models merged in all rounds. */
  merged: number
  curve: CurvePoint[]
  /** On the whole common test set, after the last merge. */
  accuracy: number | undefined
  bytes: BytesSoFar
  /** When its last event came. */
  lastHeardSeconds: number
  /** Why it died. */
  reason: string | undefined
  /** Refused messages and models by code. */
  rejected: Record<string, number>
}

export interface Baseline {
  /** Accuracy of each node trained alone for as many steps as it did in the swarm; undefined for a node that did none. */
  alone: (number | undefined)[]
  /** Accuracy of one model on all the data, with batches as many times larger as there are nodes. */
  pooled: number
}

/** One run of a swarm, from which everything in its folder is made. */
export interface RunRecord {
  job: Job
  jobId: string
  versions: Versions
  device: string
  /** ISO 8601. */
  startedAt: string
  /** From the start of the first process to the end of the last. */
  seconds: number
  nodes: NodeRecord[]
  /** Pairs of node indices that exchange models, as the topology was at the start. */
  edges: [number, number][]
  baseline: Baseline | undefined
  /** Stopped by Ctrl-C before it was through. */
  interrupted: boolean
}

export function newNodeRecord(index: number): NodeRecord {
  return {
    index,
    peer: undefined,
    state: 'starting',
    classCounts: [],
    examples: 0,
    rounds: 0,
    steps: 0,
    loss: undefined,
    merged: 0,
    curve: [],
    accuracy: undefined,
    bytes: { sent: 0, received: 0 },
    lastHeardSeconds: 0,
    reason: undefined,
    rejected: {}
  }
}

/** Takes one event of a node into its record. */
export function recordEvent(node: NodeRecord, event: NodeEvent, seconds: number): void {
  node.lastHeardSeconds = seconds
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
      if (event.loss !== null) node.rounds = event.round
      node.merged += event.merged
      node.loss = event.loss ?? node.loss
      node.bytes = event.bytes
      break
    case 'model:evaluated':
      node.curve.push({ seconds, round: event.round, accuracy: event.accuracy })
      node.bytes = event.bytes
      if (event.final) node.accuracy = event.accuracy
      break
    case 'model:rejected':
    case 'peer:rejected':
      node.rejected[event.code] = (node.rejected[event.code] ?? 0) + 1
      break
    case 'node:stopped':
      node.steps = event.steps
      node.bytes = event.bytes
      if (event.reason === 'finished') node.state = 'left'
      break
    default:
      break
  }
}
