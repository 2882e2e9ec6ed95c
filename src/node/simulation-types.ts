import type { AbortOptions } from '../interface/startable.ts'
import type { ChurnSpec } from '../sim/churn-spec.ts'
import type { LinkSpec } from '../sim/link-spec.ts'
import type { TraceEvent } from '../sim/trace.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import type { ByzantineNode } from './byzantine.ts'
import type { BytesSoFar, NodeEvent } from './events.ts'
import type { Job } from './job.ts'

/** The world that a job is simulated in. Plain data: it is written to the run folder as it is. */
export interface SimulationSpec {
  links: LinkSpec
  /** Who crashes, leaves and joins, and when. */
  churn: ChurnSpec[]
  /** This fraction of the nodes takes `factor` times as long for a step. */
  slow: { fraction: number; factor: number }
  /** Virtual time of one optimiser step. */
  stepMs: number
  /** False: a stand-in that costs nothing takes the place of training, to look at the protocol alone. */
  train: boolean
  /** Who attacks, and whether attackers see all honest models of the moment; left out, nobody does. */
  byzantine?: { nodes: ByzantineNode[]; omniscient: boolean }
}

/** What a simulated node reports: the same as a real one, and what churn does to it. */
export type SimulationEvent =
  | NodeEvent
  | { event: 'node:joined' | 'node:left' | 'node:rejoined' }
  /** With what it had sent and received, of which it could not tell. */
  | { event: 'node:crashed'; bytes?: BytesSoFar }

export interface SimulationProgress {
  /** Of the run, 0 to 1. */
  fraction: number
  virtualMs: number
  /** Events of the scheduler so far. */
  events: number
  /** The newest round that any node is in. */
  round: number
  /** Nodes that are running. */
  live: number
}

export interface SimulationInit extends AbortOptions {
  job: Job
  spec: SimulationSpec
  device: DeviceChoice
  threads: number
  /** In order of virtual time; `node` is an index from 0. */
  onEvent: (ms: number, node: number, event: SimulationEvent) => void
  /** Now and then in real time. */
  onProgress: (progress: SimulationProgress) => void
  /** Everything that the network does. */
  onTrace?: (line: TraceEvent) => void
}

export interface SimulationResult {
  virtualMs: number
  /** Events of the scheduler. */
  events: number
  /** In real time. */
  eventsPerSecond: number
  /** Hash of the scheduler's whole log, in hex: the same seed gives the same. */
  digest: string
}
