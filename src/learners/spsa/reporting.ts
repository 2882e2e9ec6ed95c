import type { Clock } from '../../interface/clock.ts'
import type { EventSink, LearnerEvent } from '../../interface/events.ts'
import type { LearnerStatus } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { EvaluateOptions, Trainer } from '../../interface/trainer.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { UntimedEvent } from '../untimed-event.ts'

export interface ReportingInit {
  clock: Clock
  trainer: Pick<Trainer, 'params' | 'evaluate'>
  replica: Replica
  self: Peer
  /** Of the learner; the phase is set here. */
  status: LearnerStatus
  /** Of earlier lives. */
  elapsedMs: number
  emit: EventSink
}

/** Tells how far this node is, how good its model is, and what set it is of. */
export class Reporting {
  readonly #init: ReportingInit
  readonly #startMs: number
  #lossSum = 0
  #measured = 0
  #merged = 0
  #lastMs: number
  #lastApplied = 0

  constructor(init: ReportingInit) {
    this.#init = init
    this.#lastMs = init.clock.now()
    this.#startMs = this.#lastMs - init.elapsedMs
  }

  get elapsedMs(): number {
    return this.#init.clock.now() - this.#startMs
  }

  /** Of one projection of this node. */
  addLoss(loss: number): void {
    this.#lossSum += loss
    this.#measured++
  }

  /** Projections that were applied. */
  addMerged(count: number): void {
    this.#merged += count
  }

  /** What came together since this was told last; nothing, when this node measured nothing. */
  round(): void {
    if (this.#measured === 0) return
    const { round } = this.#init.status
    const loss = this.#lossSum / this.#measured
    this.emit({ event: 'round:ended', round, loss, merged: this.#merged, age: 0, waitedMs: 0 })
    this.#lossSum = 0
    this.#measured = 0
    this.#merged = 0
  }

  /** Of the model as the replica has it. */
  async evaluate({ final, ...options }: EvaluateOptions & { final: boolean }): Promise<void> {
    const { trainer, replica, status } = this.#init
    replica.writeInto(trainer.params)
    const { accuracy, loss } = await trainer.evaluate(options)
    this.emit({ event: 'model:evaluated', round: status.round, accuracy, loss, final })
    this.#measure(final)
  }

  enter(phase: 'train' | 'settle' | 'done'): void {
    this.#init.status.phase = phase
    this.emit({ event: 'phase:started', phase })
  }

  emit(event: UntimedEvent): void {
    this.#init.emit({ ...event, ms: this.elapsedMs } as LearnerEvent)
  }

  #measure(final: boolean): void {
    const { replica, status, self, clock } = this.#init
    const { ledger, applied } = replica
    const nowMs = clock.now()
    const longest = ledger.states.reduce((most, { length }) => Math.max(most, length), 0)
    const elapsed = Math.max(nowMs - this.#lastMs, 1) / 1000
    this.emit({
      event: 'replica:measured',
      round: status.round,
      setHash: ledger.setHash,
      modelHash: replica.hash(),
      projections: ledger.total,
      perSecond: (applied - this.#lastApplied) / elapsed,
      lags: Object.fromEntries(ledger.states.map(({ author, length }) => [author, longest - length])),
      payloadBytes: ledger.lengthOf(self),
      final
    })
    this.#lastMs = nowMs
    this.#lastApplied = applied
  }
}
