import type { Clock } from '../../interface/clock.ts'
import type { EventSink } from '../../interface/events.ts'
import type { ModelRef, Network } from '../../interface/network.ts'
import type { StatelessTrainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import type { LearnerInit } from '../learner-init.ts'

export interface ModestComponents {
  network: Network
  clock: Clock
  waits: WaitRegister
  trainer: StatelessTrainer
  vectors: VectorMath
  emit: EventSink
}

export interface ModestInit extends LearnerInit {
  /** Members that train in a round; s of the paper. */
  sample: number
  /** Members that aggregate a round, each for itself; a of the paper. */
  aggregators: number
  /** An aggregator goes on with this fraction of the sample; sf of the paper. */
  successFraction: number
  /**
   * Rounds without a sign of life after which a member is not sampled; delta k of the paper.
   * @default by the number of members, so that live ones stay
   */
  activityWindow?: number
  hash: 'sha256' | 'md5'
}

/** A model of the swarm, as it travels. */
export interface HeldModel {
  readonly round: number
  /** What this node hands out for it. */
  readonly ref: ModelRef
  readonly encoded: Uint8Array
}
