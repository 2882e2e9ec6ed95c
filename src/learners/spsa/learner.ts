import { CodedError } from '../../interface/errors.ts'
import type { LearnerEvent } from '../../interface/events.ts'
import type { Learner, LearnerStatus } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { Signing } from '../../interface/signing.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { EvaluateOptions, Trainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import { createRng } from '../../math/philox.ts'
import type { DirectionKey, SignMath } from '../../math/signs.ts'
import { recordsOf } from '../../spsa/ledger/records.ts'
import { Replica } from '../../spsa/replica.ts'
import type { LogBatch } from '../../wire/log-batch.ts'
import { type Budget, progressOf } from '../budget.ts'
import { Condition } from '../condition.ts'
import type { SessionParts } from '../session.ts'
import { Tasks } from '../tasks.ts'
import type { UntimedEvent } from '../untimed-event.ts'
import { LedgerExchange } from './exchange.ts'
import type { Journal } from './journal.ts'
import { Keeping } from './keeping.ts'
import { Measuring } from './measuring.ts'
import { meet } from './meeting.ts'
import { Snapshots } from './snapshots.ts'

/** Between two messages: peers take 50 a second of an author, so a small model puts more projections into each. */
const PAUSE_MS = 25
/** Projections that wait for a disk that fails; with so many, no more are measured until it takes them. */
const MAX_DRAFTS = 1024
/** Between two looks whether it does. */
const DISK_MS = 1000
/** Of the wait for the others at the end, in patiences: who writes and writes does not hold everybody. */
const MEETING_LIMIT = 10

export interface SPSAComponents extends Omit<SessionParts, 'vectors' | 'trainer'> {
  trainer: Trainer
  vectors: VectorMath & SignMath
  signing: Signing
  journal: Journal
}

/** What the job fixes of projections, the same on every node. */
export interface ProjectionMath {
  /** What one unit of the state moves a weight by. */
  readonly scale: number
  /** Whether a byte stands for a projection. */
  isProjection(byte: number): boolean
  /** The byte of a difference of losses over twice epsilon; 0 where it is not finite. */
  encode(difference: number): number
  /** How far a byte at a place of a log moves the state, in units: by the byte and the step size there. */
  coefficientOf(byte: number, place: number): number
  /** Of all projections, given the bytes before them. */
  directions(bytesOf: (author: Peer, from: number, to: number) => Uint8Array): Directions
}

export interface Directions {
  /** The direction of the projection at a place of an author's log. */
  of(author: Peer, place: number): DirectionKey
  /** An author's log goes on otherwise than was said. */
  forget(author: Peer): void
}

export interface SPSAInit {
  jobId: string
  seed: number
  projections: ProjectionMath
  /** Directions in a step, measured on one batch. */
  queries: number
  batchSize: number
  /** How far to either side losses are measured. */
  epsilon: number
  /** Steps of this node. */
  budget: Budget
  /** Most projections of one node: what the job gives each. */
  maxLength: number
  maxAuthors: number
  /** Authors that may shout at one place of the logs; see `trimmed`. */
  trim: number
  /** Projections in a message. */
  batchProjections: number
  /** They wait no longer than this to be sent, in ms. */
  flushMs: number
  /** Between two looks for what is missing, in ms. */
  syncMs: number
  /** Projections behind, from which on a snapshot is faster. */
  snapshotFrom: number
  /** Peers that must vouch for one, besides the one it comes from. */
  vouchers: number
  evaluations: number
  evaluationLimit: number
  lingerMs: number
}

/**
 * Trains without gradients: measure the loss to both sides of a random direction, write one byte, publish it, apply
 * whatever others have written, go on. Nobody waits for anybody. The model is a function of the set of bytes, so all
 * who have the same set have the same model to the last bit.
 *
 * Source: Zelikman et al., "Just one byte (per gradient)", arXiv:2306.10015, with deviations: directions are random
 * signs, the state is of integers, logs are signed, and there are no rounds.
 */
export class SPSALearner implements Learner {
  readonly #parts: SPSAComponents
  readonly #init: SPSAInit
  readonly #status: LearnerStatus = { phase: 'idle', round: 0, steps: 0 }
  readonly #tasks = new Tasks()
  readonly #changes: Condition
  #replica: Replica | undefined
  #startMs = 0
  #flushedMs = 0
  #isRestored = false
  /** Orders that the ledger has not had yet: where each author's ban begins, undefined to take it back. */
  readonly #bans = new Map<Peer, number | undefined>()
  /** Whether the journal took what it was given last. */
  #isKept = true
  #evaluated = 0
  #lossSum = 0
  #measured = 0
  #merged = 0
  #lastMeasuredMs = 0
  #lastApplied = 0
  #isFinished = false

  constructor(components: SPSAComponents, init: SPSAInit) {
    this.#parts = components
    this.#init = init
    this.#changes = new Condition({ waits: components.waits, onExpired: () => undefined })
  }

  get status(): LearnerStatus {
    return { ...this.#status }
  }

  /** What this node holds while it runs. */
  get replica(): Replica | undefined {
    return this.#replica
  }

  /**
   * For an operator: from its next step on nothing of this author counts here, from `place` on, whatever comes; the
   * model becomes what it would be without. Nodes that count another set never come to the same hash as this one. Not
   * remembered over a restart of the node.
   */
  ban(author: Peer, place = 0): void {
    this.#bans.set(author, place)
  }

  /** Takes a ban back: from the next step on the author counts as everybody does, and the model is as if it always had. */
  unban(author: Peer): void {
    this.#bans.set(author, undefined)
  }

  async run({ signal }: AbortOptions = {}): Promise<void> {
    const { trainer, vectors, signing, network, clock } = this.#parts
    const { jobId, projections, maxLength, maxAuthors, trim } = this.#init
    this.#startMs = clock.now()
    this.#flushedMs = this.#startMs
    this.#lastMeasuredMs = this.#startMs
    const directions = projections.directions((author, from, to) => replica.bytesOf(author, from, to))
    const replica: Replica = new Replica({
      jobId,
      self: network.self,
      verify: signing.verify,
      vectors,
      start: trainer.params,
      scale: projections.scale,
      isProjection: projections.isProjection,
      coefficientOf: projections.coefficientOf,
      keyOf: directions.of,
      forget: directions.forget,
      maxLength,
      maxAuthors,
      isNear: (author) => !this.#isRestored || network.peers().includes(author),
      trim
    })
    this.#replica = replica
    const within = signal === undefined ? this.#tasks.signal : AbortSignal.any([signal, this.#tasks.signal])
    const play = this.#play(replica, { signal: within })
    try {
      await Promise.race([play, this.#tasks.failure])
    } finally {
      await Promise.allSettled([
        this.#tasks.end(new CodedError('ERR_LEARNER_STOPPED', 'the learner has stopped')),
        play
      ])
      this.#replica = undefined
      replica.close()
    }
  }

  async #play(replica: Replica, options: { signal: AbortSignal }): Promise<void> {
    const keeping = new Keeping({
      journal: this.#parts.journal,
      tasks: this.#tasks,
      everything: () => recordsOf(replica.ledger),
      onFailure: (error) => this.#onJournalFailed(replica, error)
    })
    const exchange = this.#newExchange(replica, keeping)
    const snapshots = this.#newSnapshots(replica, exchange)
    try {
      this.#restore(replica)
      exchange.start()
      snapshots.start()
      await this.#catchUp(replica, exchange, snapshots, options)
      this.#tasks.spawn((signal) => exchange.run(signal))
      this.#enter('train')
      await this.#train(replica, exchange, keeping, options)
      await this.#settle(replica, exchange, options)
      await keeping.compact()
    } finally {
      exchange.stop()
      snapshots.stop()
    }
  }

  #newExchange(replica: Replica, keeping: Keeping): LedgerExchange {
    const { network, clock, waits } = this.#parts
    const { seed, syncMs } = this.#init

    return new LedgerExchange({
      network,
      clock,
      waits,
      tasks: this.#tasks,
      changes: this.#changes,
      rng: createRng(seed, `spsa:sync:${network.self}`),
      ledger: replica.ledger,
      syncMs,
      isFinished: () => this.#isFinished,
      onNews: (news) => {
        keeping.add(news)
        if ('proof' in news) this.#onVoid(replica, news.proof.author)
      },
      onRejected: (peer, { code, verdict }) => this.#emit({ event: 'model:rejected', peer, code, verdict })
    })
  }

  #newSnapshots(replica: Replica, exchange: LedgerExchange): Snapshots {
    const { network, clock, waits } = this.#parts
    const { seed, vouchers } = this.#init

    return new Snapshots({
      network,
      clock,
      waits,
      rng: createRng(seed, `spsa:snapshots:${network.self}`),
      replica,
      vouchers,
      fetchLogs: (from, signal) => exchange.sync(from, signal),
      onAdopted: (peer, count, words) =>
        this.#emit({ event: 'snapshot:adopted', peer, projections: count, vouchers: words }),
      onRejected: (peer, { code, verdict }) => this.#emit({ event: 'model:rejected', peer, code, verdict })
    })
  }

  /** What this node knew in its last life. */
  #restore({ ledger }: Replica): void {
    // each of these had a place
    for (const record of this.#parts.journal.records) {
      if ('batch' in record) ledger.accept(record.batch)
      else ledger.acceptProof(record.proof)
    }
    this.#isRestored = true
  }

  /**
   * Learns what the neighbours have before it writes anything: its own log too, in case the disk has lost some of it.
   */
  async #catchUp(
    replica: Replica,
    exchange: LedgerExchange,
    snapshots: Snapshots,
    { signal }: { signal: AbortSignal }
  ): Promise<void> {
    await exchange.syncAll(signal)
    if (replica.waiting >= this.#init.snapshotFrom) await snapshots.adopt(signal)
    replica.apply()
  }

  async #train(
    replica: Replica,
    exchange: LedgerExchange,
    keeping: Keeping,
    options: { signal: AbortSignal }
  ): Promise<void> {
    const { trainer, network } = this.#parts
    const { seed, batchSize, epsilon } = this.#init
    // a stream of its own for each life: the same batches again would teach nothing new
    const rng = createRng(seed, `spsa:batches:${network.self}:${replica.nextPlace}`)
    const measuring = new Measuring({ trainer, replica, rng, batchSize, epsilon })
    while (this.#mayWrite(replica)) {
      if (replica.drafts.length < MAX_DRAFTS) await this.#step(replica, measuring, options)
      else await this.#pauseForDisk(replica, options)
      if (this.#isFlushDue(replica)) await this.#flush(replica, exchange, keeping)
      await this.#evaluateWhenDue(replica, options)
    }
    await this.#flushAll(replica, exchange, keeping, options)
  }

  /** The last projections, for which a disk that fails is waited for, but not for ever. */
  async #flushAll(
    replica: Replica,
    exchange: LedgerExchange,
    keeping: Keeping,
    options: { signal: AbortSignal }
  ): Promise<void> {
    const { clock } = this.#parts
    const untilMs = clock.now() + this.#init.lingerMs
    await this.#flush(replica, exchange, keeping)
    while (replica.drafts.length > 0 && clock.now() < untilMs) {
      await this.#pauseForDisk(replica, options)
      await this.#flush(replica, exchange, keeping)
    }
    replica.dropDrafts() // nobody will ever hear of them
  }

  async #pauseForDisk(replica: Replica, options: { signal: AbortSignal }): Promise<void> {
    const what = `the disk to take ${replica.drafts.length} projections`
    await this.#changes.until(() => false, { what, from: [], timeoutMs: DISK_MS }, { ...options, quiet: true })
  }

  #onJournalFailed(replica: Replica, { code }: CodedError): void {
    this.#emit({ event: 'journal:failed', code, unpublished: replica.drafts.length, most: MAX_DRAFTS })
  }

  async #step(replica: Replica, measuring: Measuring, options: { signal: AbortSignal }): Promise<void> {
    const { projections, queries } = this.#init
    const { self } = this.#parts.network
    this.#merged += this.#apply(replica)
    const batch = measuring.drawBatch()
    const place = replica.nextPlace
    const bytes: number[] = []
    for (let query = 0; query < queries; query++) {
      const key = replica.keyOf(self, place + query)
      const { difference, loss } = await measuring.measure(key, batch, options)
      options.signal.throwIfAborted()
      bytes.push(projections.encode(difference))
      this.#lossSum += loss
      this.#measured++
    }
    // else this node's log has come to go on otherwise: these were for places that others have taken
    if (replica.nextPlace === place) for (const byte of bytes) replica.draft(byte)
    this.#status.steps++
    this.#status.round = Math.floor(replica.nextPlace / queries)
  }

  /** Takes in what others wrote, and what the operator ordered. @returns projections applied */
  #apply(replica: Replica): number {
    for (const [author, place] of this.#bans) {
      if (place === undefined) replica.ledger.unban(author)
      else replica.ledger.ban(author, place)
    }
    this.#bans.clear()

    return replica.apply()
  }

  /** Steps are left, and this node's log is its own. */
  #mayWrite(replica: Replica): boolean {
    const { maxLength, queries } = this.#init
    const isVoid = replica.ledger.voidFrom(this.#parts.network.self) !== undefined

    return !isVoid && replica.nextPlace + queries <= maxLength && this.#progress(replica) < 1
  }

  #isFlushDue(replica: Replica): boolean {
    const { batchProjections, flushMs } = this.#init

    const sinceMs = this.#parts.clock.now() - this.#flushedMs

    return sinceMs >= flushMs || (this.#isKept && replica.drafts.length >= batchProjections && sinceMs >= PAUSE_MS)
  }

  /**
   * Drafts become part of the log: kept, then counted, then told. What the disk does not take stays a draft: a crash
   * could take it back, and this node would write other bytes in its place.
   */
  async #flush(replica: Replica, exchange: LedgerExchange, keeping: Keeping): Promise<void> {
    const { clock, network, signing } = this.#parts
    this.#flushedMs = clock.now()
    const { drafts } = replica
    const batches = drafts.length === 0 ? [] : replica.ledger.sign(network.self, drafts, signing.sign)
    const added: LogBatch[] = []
    const onKept = (): void => {
      replica.dropDrafts()
      // else others brought this node's log as it went on elsewhere, meanwhile
      added.push(...batches.filter((batch) => replica.ledger.accept(batch).kind === 'added'))
    }
    if (batches.length > 0) {
      const records = batches.map((batch) => ({ batch }))
      this.#isKept = await keeping.write(records, onKept)
      if (this.#isKept && added.length < batches.length) await keeping.renew()
    }
    this.#emitRound()
    for (const batch of added) await exchange.publish(batch)
  }

  async #settle(replica: Replica, exchange: LedgerExchange, options: { signal: AbortSignal }): Promise<void> {
    const { network, clock, waits } = this.#parts
    // who takes twice as long as this node is waited for
    const limitMs = Math.max(MEETING_LIMIT * this.#init.lingerMs, clock.now() - this.#startMs)
    this.#enter('settle')
    this.#isFinished = true
    const { ledger } = replica
    const { lingerMs } = this.#init
    const apply = (): void => {
      this.#merged += this.#apply(replica)
    }
    const emit = (event: UntimedEvent): void => this.#emit(event)
    const changes = this.#changes
    await meet({ network, clock, waits, exchange, ledger, changes, lingerMs, limitMs, apply, emit }, options)
    apply()
    await this.#evaluate(replica, options, true)
    this.#enter('done')
  }

  #onVoid({ ledger }: Replica, author: Peer): void {
    const place = ledger.voidFrom(author)
    if (place !== undefined) this.#emit({ event: 'author:voided', peer: author, place })
  }

  #progress(replica: Replica): number {
    const steps = Math.floor(replica.nextPlace / this.#init.queries)

    return progressOf(this.#init.budget, steps, this.#parts.clock.now() - this.#startMs)
  }

  #emitRound(): void {
    if (this.#measured === 0) return
    const loss = this.#lossSum / this.#measured
    this.#emit({ event: 'round:ended', round: this.#status.round, loss, merged: this.#merged, age: 0, waitedMs: 0 })
    this.#lossSum = 0
    this.#measured = 0
    this.#merged = 0
  }

  async #evaluateWhenDue(replica: Replica, options: { signal: AbortSignal }): Promise<void> {
    const due = Math.floor(this.#progress(replica) * this.#init.evaluations)
    if (due <= this.#evaluated) return

    this.#evaluated = due
    await this.#evaluate(replica, { ...options, limit: this.#init.evaluationLimit }, false)
  }

  async #evaluate(replica: Replica, options: EvaluateOptions, final: boolean): Promise<void> {
    const { trainer } = this.#parts
    replica.writeInto(trainer.params)
    const { accuracy, loss } = await trainer.evaluate(options)
    this.#emit({ event: 'model:evaluated', round: this.#status.round, accuracy, loss, final })
    this.#emitReplica(replica, final)
  }

  #emitReplica(replica: Replica, final: boolean): void {
    const { clock, network } = this.#parts
    const { ledger } = replica
    const nowMs = clock.now()
    const longest = ledger.states.reduce((most, { length }) => Math.max(most, length), 0)
    const elapsed = Math.max(nowMs - this.#lastMeasuredMs, 1) / 1000
    this.#emit({
      event: 'replica:measured',
      round: this.#status.round,
      setHash: ledger.setHash,
      modelHash: replica.hash(),
      projections: ledger.total,
      perSecond: (replica.applied - this.#lastApplied) / elapsed,
      lags: Object.fromEntries(ledger.states.map(({ author, length }) => [author, longest - length])),
      payloadBytes: ledger.lengthOf(network.self),
      final
    })
    this.#lastMeasuredMs = nowMs
    this.#lastApplied = replica.applied
  }

  #enter(phase: 'train' | 'settle' | 'done'): void {
    this.#status.phase = phase
    this.#emit({ event: 'phase:started', phase })
  }

  #emit(event: UntimedEvent): void {
    this.#parts.emit({ ...event, ms: this.#parts.clock.now() - this.#startMs } as LearnerEvent)
  }
}
