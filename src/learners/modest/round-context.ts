import type { Clock } from '../../interface/clock.ts'
import type { ModelRef, Network, Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { StatelessTrainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { NoticeAnswer, NoticeKind } from '../../wire/notice-codec.ts'
import type { Condition } from '../condition.ts'
import type { ModelPost } from '../model-post.ts'
import type { Rests } from '../rests.ts'
import type { Tasks } from '../tasks.ts'
import type { UntimedEvent } from '../untimed-event.ts'
import type { Members } from './members.ts'
import type { ModestInit } from './parts.ts'
import type { Sampler } from './sampler.ts'

export interface OutgoingNotice {
  kind: NoticeKind
  round: number
  ref: ModelRef
}

/** What the parts of one learner share. */
export interface RoundContext {
  readonly self: Peer
  readonly network: Network
  readonly dim: number
  readonly init: ModestInit
  readonly trainer: StatelessTrainer
  readonly vectors: VectorMath
  readonly clock: Clock
  readonly members: Members
  readonly sampler: Sampler
  readonly post: ModelPost
  readonly tasks: Tasks
  /** Notified when the round, a membership, or anything else changes that tasks wait for. */
  readonly changed: Condition
  readonly rests: Rests
  /** The aggregate of `round` is in the hands of those who train on from it: nobody need see to it any more. */
  isSettled(round: number): boolean
  /** Since the start of the run. */
  elapsedMs(): number
  /** @returns the answer; undefined when there was none: the peer then counts as silent */
  notify(to: Peer, notice: OutgoingNotice, options: AbortOptions): Promise<NoticeAnswer | undefined>
  emit(event: UntimedEvent): void
}
