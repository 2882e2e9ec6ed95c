import { CodedError, type RejectedError } from '../../interface/errors.ts'
import type { LearnerStatus } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { LearnerState } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { createRng } from '../../math/philox.ts'
import { recordsOf } from '../../spsa/ledger/records.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { Equivocation, LogBatch } from '../../wire/log-batch.ts'
import { Condition } from '../condition.ts'
import { EvaluationSchedule } from '../evaluation-schedule.ts'
import { Rests } from '../rests.ts'
import { Tasks } from '../tasks.ts'
import { Applying } from './applying.ts'
import { LedgerExchange } from './exchange.ts'
import type { SPSAComponents, SPSAInit } from './init.ts'
import { Keeping } from './keeping.ts'
import { Measuring } from './measuring.ts'
import { meet } from './meeting.ts'
import { openReplica } from './open-replica.ts'
import type { Orders } from './orders.ts'
import { Reporting } from './reporting.ts'
import { restoreInto } from './restoring.ts'
import { Snapshots } from './snapshots.ts'
import { type SPSAState, spsaState } from './state.ts'
import { Training } from './training.ts'
import { MAX_DRAFTS, Writing } from './writing.ts'

/** Of the wait for the others at the end, in patiences: who writes and writes does not hold everybody. */
const MEETING_LIMIT = 10

/** Of the learner, and seen by others. */
export interface LifeShared {
  orders: Orders
  status: LearnerStatus
  /** What an earlier life left, until it is gone on from. */
  earlier: SPSAState | undefined
}

/** A learner from its start to its end: what it consists of, and in which order it does what. */
export class Life {
  readonly replica: Replica
  readonly #parts: SPSAComponents
  readonly #init: SPSAInit
  readonly #shared: LifeShared
  readonly #tasks = new Tasks()
  readonly #changes: Condition
  readonly #reporting: Reporting
  readonly #applying: Applying
  readonly #keeping: Keeping
  readonly #exchange: LedgerExchange
  readonly #snapshots: Snapshots
  readonly #writing: Writing
  readonly #schedule: EvaluationSchedule
  readonly #rests: Rests
  #isRestored = false
  #isFinished = false

  constructor(parts: SPSAComponents, init: SPSAInit, shared: LifeShared) {
    const { network, waits } = parts
    this.#parts = parts
    this.#init = init
    this.#shared = shared
    this.#changes = new Condition({ waits, onExpired: () => undefined })
    const { budget, evaluations: points } = init
    this.#schedule = new EvaluationSchedule({ budget, points, done: shared.earlier?.evaluated })
    this.#rests = new Rests({ visitor: init.rest, waits, now: () => this.#rest() })
    const { mayTrain } = init
    // what was kept from an earlier life had a place then
    this.replica = openReplica(parts, init, {
      // where names have to be invited, each that is has cost something
      isNear: (author) => !this.#isRestored || mayTrain !== undefined || network.peers().includes(author),
      isMember: (author) => !this.#isRestored || mayTrain === undefined || mayTrain(author)
    })
    this.#reporting = this.#newReporting()
    this.#applying = new Applying({ replica: this.replica, orders: shared.orders, changes: this.#changes, waits })
    this.#keeping = this.#newKeeping()
    this.#exchange = this.#newExchange()
    this.#snapshots = this.#newSnapshots()
    this.#writing = this.#newWriting()
  }

  async run({ signal }: AbortOptions): Promise<void> {
    const within = signal === undefined ? this.#tasks.signal : AbortSignal.any([signal, this.#tasks.signal])
    const play = this.#play({ signal: within })
    let isFailed = false
    try {
      await Promise.race([play, this.#tasks.failure])
    } catch (error) {
      isFailed = signal?.aborted !== true
      throw error
    } finally {
      await Promise.allSettled([
        this.#tasks.end(new CodedError('ERR_LEARNER_STOPPED', 'the learner has stopped')),
        play
      ])
      if (!isFailed && (await this.#applying.last())) await this.#rests.takeLast()
    }
  }

  /** Gives the memory of the replica back. */
  close(): void {
    this.replica.close()
  }

  async #play(options: { signal: AbortSignal }): Promise<void> {
    try {
      this.#restore()
      this.#exchange.start()
      this.#snapshots.start()
      await this.#catchUp(options)
      this.#tasks.spawn((signal) => this.#exchange.run(signal))
      this.#reporting.enter('train')
      await this.#newTraining().run(options)
      await this.#settle(options)
      await this.#keeping.compact()
    } finally {
      this.#exchange.stop()
      this.#snapshots.stop()
    }
  }

  #restore(): void {
    const { journal, network } = this.#parts
    const { isProjection } = this.#init.projections
    const { earlier } = this.#shared
    const lost = restoreInto(this.replica, network.self, {
      records: journal.takeRecords(),
      state: earlier,
      isProjection
    })
    this.#shared.earlier = undefined // a model, which the replica has now
    this.#isRestored = true
    if (lost.length === 0) return

    for (const batch of lost) this.#keeping.add({ batch })
    const projections = lost.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    this.#reporting.emit({ event: 'journal:mended', projections })
  }

  #rest() {
    const { trainer } = this.#parts
    const { status } = this.#shared
    const { replica } = this
    const { round, steps } = status

    return {
      round,
      steps,
      state: () => this.#state(),
      evaluate: (options: AbortOptions = {}) => {
        replica.writeInto(trainer.params)

        return trainer.evaluate(options)
      }
    }
  }

  #state(): LearnerState {
    const { trainer, network } = this.#parts
    const { round, steps } = this.#shared.status
    const { elapsedMs } = this.#reporting
    const standing = { round, steps, elapsedMs, evaluated: this.#schedule.done, self: network.self }

    return spsaState({ ...standing, replica: this.replica, params: trainer.params })
  }

  /**
   * Learns what the neighbours have before it writes anything: its own log too, in case the disk has lost some of it.
   */
  async #catchUp({ signal }: { signal: AbortSignal }): Promise<void> {
    await this.#exchange.syncAll(signal)
    if (this.replica.waiting >= this.#init.snapshotFrom) await this.#snapshots.adopt(signal)
    await this.#applying.all({ signal })
  }

  async #settle(options: { signal: AbortSignal }): Promise<void> {
    const { network, clock, waits } = this.#parts
    const { lingerMs } = this.#init
    const { ledger } = this.replica
    const [exchange, changes, apply] = [this.#exchange, this.#changes, this.#apply]
    const emit = this.#reporting.emit.bind(this.#reporting)
    // who takes twice as long as this node is waited for
    const limitMs = Math.max(MEETING_LIMIT * lingerMs, this.#reporting.elapsedMs)
    this.#reporting.enter('settle')
    this.#isFinished = true
    await meet({ network, clock, waits, exchange, ledger, changes, lingerMs, limitMs, apply, emit }, options)
    this.#reporting.addMerged(await this.#applying.all(options))
    await this.#reporting.evaluate({ ...options, final: true })
    this.#reporting.enter('done')
  }

  readonly #apply = (): void => this.#reporting.addMerged(this.#applying.some())

  readonly #applyBacklog = async (options: { signal: AbortSignal }): Promise<void> =>
    this.#reporting.addMerged(await this.#applying.backlog(options))

  readonly #onNews = (news: { batch: LogBatch } | { proof: Equivocation }): void => {
    this.#keeping.add(news)
    if (!('proof' in news)) return
    const { author } = news.proof
    const place = this.replica.ledger.voidFrom(author)
    if (place !== undefined) this.#reporting.emit({ event: 'author:voided', peer: author, place })
  }

  readonly #onRejected = (peer: Peer, { code, verdict }: RejectedError): void =>
    this.#reporting.emit({ event: 'model:rejected', peer, code, verdict })

  #newReporting(): Reporting {
    const { clock, trainer, network, emit } = this.#parts
    const { status, earlier } = this.#shared
    const { replica } = this

    return new Reporting({
      clock,
      trainer,
      emit,
      replica,
      self: network.self,
      status,
      elapsedMs: earlier?.elapsedMs ?? 0
    })
  }

  #newKeeping(): Keeping {
    const { replica } = this

    return new Keeping({
      journal: this.#parts.journal,
      tasks: this.#tasks,
      everything: () => recordsOf(replica.ledger),
      onFailure: ({ code }) => {
        const unpublished = replica.drafts.length
        this.#reporting.emit({ event: 'journal:failed', code, unpublished, most: MAX_DRAFTS })
      }
    })
  }

  #newExchange(): LedgerExchange {
    const { network, clock, waits } = this.#parts
    const { seed, syncMs } = this.#init

    return new LedgerExchange({
      network,
      clock,
      waits,
      tasks: this.#tasks,
      changes: this.#changes,
      rng: createRng(seed, `spsa:sync:${network.self}`),
      ledger: this.replica.ledger,
      syncMs,
      isFinished: () => this.#isFinished,
      onNews: this.#onNews,
      onRejected: this.#onRejected
    })
  }

  #newSnapshots(): Snapshots {
    const { network, clock, waits } = this.#parts
    const { seed, vouchers } = this.#init

    return new Snapshots({
      network,
      clock,
      waits,
      rng: createRng(seed, `spsa:snapshots:${network.self}`),
      replica: this.replica,
      vouchers,
      fetchLogs: (from, signal) => this.#exchange.sync(from, signal),
      onAdopted: (peer, count, words) =>
        this.#reporting.emit({ event: 'snapshot:adopted', peer, projections: count, vouchers: words }),
      onRejected: this.#onRejected
    })
  }

  #newWriting(): Writing {
    const { clock, signing, network } = this.#parts
    const { batchProjections, flushMs, lingerMs } = this.#init

    return new Writing({
      self: network.self,
      clock,
      signing,
      replica: this.replica,
      keeping: this.#keeping,
      changes: this.#changes,
      batchProjections,
      flushMs,
      lingerMs,
      publish: (batch) => this.#exchange.publish(batch),
      onFlushed: () => this.#reporting.round()
    })
  }

  #newTraining(): Training {
    const { trainer, network } = this.#parts
    const { seed, batchSize, epsilon } = this.#init
    const { self } = network
    const { replica } = this
    const rngOf = (place: number) => createRng(seed, `spsa:batches:${self}:${place}`)
    const measuring = new Measuring({ trainer, replica, rngOf, batchSize, epsilon })
    const [writing, reporting, apply] = [this.#writing, this.#reporting, this.#applyBacklog]
    const [schedule, rests] = [this.#schedule, this.#rests]
    const { status } = this.#shared

    return new Training({ self, replica, measuring, writing, reporting, status, schedule, rests, apply }, this.#init)
  }
}
