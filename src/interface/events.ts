import type { Peer } from './network.ts'

/**
 * What a learner reports as it goes. Events inform logs, dashboards and
 * tests; control flow never depends on them. `ms` is the learner's clock.
 */
export type LearnerEvent =
  | {
      event: 'round:ended'
      round: number
      ms: number
      loss: number | null
      merged: number
      age: number
      waitedMs: number
    }
  | { event: 'model:evaluated'; round: number; ms: number; accuracy: number; loss: number; final: boolean }
  | { event: 'model:rejected'; ms: number; peer: Peer; code: string; verdict: 'ignore' | 'penalise' }
  | { event: 'wait:expired'; ms: number; what: string; from: readonly Peer[] }
  | { event: 'phase:started'; ms: number; phase: 'train' | 'settle' | 'done' }

export type EventSink = (event: LearnerEvent) => void
