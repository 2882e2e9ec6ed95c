import type { LearnerStatus } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { Replica } from '../../spsa/replica.ts'
import { progressOf } from '../budget.ts'
import type { EvaluationSchedule } from '../evaluation-schedule.ts'
import type { Rests } from '../rests.ts'
import type { SPSAInit } from './init.ts'
import type { Measuring } from './measuring.ts'
import type { Reporting } from './reporting.ts'
import type { Writing } from './writing.ts'

export interface TrainingParts {
  self: Peer
  replica: Replica
  measuring: Measuring
  writing: Writing
  reporting: Reporting
  status: LearnerStatus
  schedule: EvaluationSchedule
  rests: Rests
  /** Takes in what others wrote until now. */
  apply: (options: { signal: AbortSignal }) => Promise<void>
}

export type TrainingInit = Pick<SPSAInit, 'projections' | 'queries' | 'budget' | 'maxLength' | 'evaluationLimit'>

/** Step after step, until the budget is spent or this node's log is full. */
export class Training {
  readonly #parts: TrainingParts
  readonly #init: TrainingInit

  constructor(parts: TrainingParts, init: TrainingInit) {
    this.#parts = parts
    this.#init = init
  }

  async run(options: { signal: AbortSignal }): Promise<void> {
    const { writing, reporting, schedule, rests } = this.#parts
    const limit = this.#init.evaluationLimit
    while (this.#mayWrite()) {
      if (writing.hasRoom) await this.#step(options)
      else await writing.pauseForDisk(options)
      if (writing.isDue) await writing.flush()
      if (schedule.isDue(this.#stepsDone, reporting.elapsedMs))
        await reporting.evaluate({ ...options, limit, final: false })
      await rests.take(options)
    }
    await writing.flushAll(options)
  }

  async #step(options: { signal: AbortSignal }): Promise<void> {
    const { replica, measuring, status, apply } = this.#parts
    const { queries } = this.#init
    // all of it: who measures along an older model each time falls further behind with each step
    await apply(options)
    const place = replica.nextPlace
    const batch = measuring.drawBatch(place)
    const bytes: number[] = []
    for (let query = 0; query < queries; query++) bytes.push(await this.#measure(place + query, batch, options))
    // else this node's log has come to go on otherwise: these were for places that others have taken
    if (replica.nextPlace === place) for (const byte of bytes) replica.draft(byte)
    status.steps++
    status.round = Math.floor(replica.nextPlace / queries)
  }

  /** @returns the projection for a place of this node's log */
  async #measure(place: number, batch: readonly number[], options: { signal: AbortSignal }): Promise<number> {
    const { replica, self, measuring, reporting } = this.#parts
    const { difference, loss } = await measuring.measure(replica.keyOf(self, place), batch, options)
    options.signal.throwIfAborted()
    reporting.addLoss(loss)

    return this.#init.projections.encode(difference)
  }

  /** Steps are left, and this node's log is its own. */
  #mayWrite(): boolean {
    const { replica, self } = this.#parts
    const { maxLength, queries } = this.#init
    const isVoid = replica.ledger.voidFrom(self) !== undefined

    return !isVoid && replica.nextPlace + queries <= maxLength && this.#progress() < 1
  }

  get #stepsDone(): number {
    return Math.floor(this.#parts.replica.nextPlace / this.#init.queries)
  }

  #progress(): number {
    return progressOf(this.#init.budget, this.#stepsDone, this.#parts.reporting.elapsedMs)
  }
}
