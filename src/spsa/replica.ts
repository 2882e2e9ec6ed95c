import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { DirectionKey, DirectionTerms, SignMath } from '../math/signs.ts'
import type { LogExtent } from '../wire/log-state.ts'
import type { Term } from './accumulator.ts'
import type { LedgerChange } from './ledger/counting.ts'
import { Ledger, type LedgerInit } from './ledger/ledger.ts'
import { Pending, type PendingProjection } from './pending.ts'
import { accHash, type Snapshot } from './snapshot.ts'

/** What an int32 holds. */
const LARGEST = 0x7fff_ffff
/** To look at a projection, in params by which a state is moved: measured, roughly. */
const LOOK = 500
/** And to hold it against another. */
const COMPARISON = 1500

export interface ReplicaInit {
  jobId: string
  self: Peer
  verify: Signing['verify']
  vectors: VectorMath & SignMath
  /** The model that the job begins with, shape (dim). Copied. */
  start: Float32Array
  /** What one unit of the state moves a weight by: a power of two. */
  scale: number
  isProjection: LedgerInit['isProjection']
  maxLength: number
  maxAuthors: number
  isNear?: LedgerInit['isNear']
  isMember?: LedgerInit['isMember']
  /** See `trimmed`. */
  trim: number
  lead?: LedgerInit['lead']
  /** The direction of a projection. */
  keyOf: (author: Peer, place: number) => DirectionKey
  /** Told that an author's log goes on otherwise than with the bytes that directions were asked for. */
  forget: (author: Peer) => void
  /** How far a byte moves the state along it, in units. */
  coefficientOf: (byte: number, place: number) => number
}

/**
 * A model that is a function of a set of projections: weight i is start[i] + scale * acc[i], and a projection adds plus
 * or minus its coefficient to every element of `acc`. Integers add up to the same in any order, so replicas that hold
 * the same set hold the same bits, and whatever was added can be subtracted again without a trace.
 */
export class Replica {
  readonly ledger: Ledger
  readonly dim: number
  readonly #init: ReplicaInit
  readonly #start: Float32Array
  readonly #acc: Int32Array
  readonly #pending: Pending
  /** Measured here and not in the log yet: they count already. */
  readonly #drafts: number[] = []
  /** Place of the first of them. */
  #draftPlace = 0
  /** Projections applied in all, undone ones too. */
  #applied = 0
  /** The ledger has what is not looked at yet. */
  #isFilling = false

  constructor(init: ReplicaInit) {
    const { vectors, start, jobId, self, verify, isProjection, maxLength, maxAuthors, isNear, isMember, lead } = init
    this.#init = init
    this.dim = start.length
    this.#start = vectors.allocate(this.dim)
    this.#start.set(start)
    this.#acc = vectors.allocateIntegers(this.dim)
    this.#pending = this.#newPending()
    this.ledger = new Ledger({
      jobId,
      verify,
      isProjection,
      maxLength,
      maxAuthors,
      self,
      ...(isNear === undefined ? {} : { isNear }),
      ...(isMember === undefined ? {} : { isMember }),
      ...(lead === undefined ? {} : { lead }),
      onChange: (change) => this.#onChange(change),
      onMoved: (author) => this.#onMoved(author)
    })
  }

  get applied(): number {
    return this.#applied
  }

  /** Projections that wait to be applied. */
  get waiting(): number {
    return this.#pending.size
  }

  /** The direction of the projection at a place of an author's log. */
  keyOf(author: Peer, place: number): DirectionKey {
    return this.#init.keyOf(author, place)
  }

  /** An author's bytes, of this node with those that are not in its log yet. A view or a copy: not to be kept. */
  bytesOf(author: Peer, from: number, to: number): Uint8Array {
    const logged = this.ledger.bytesOf(author, from, to)
    if (author !== this.#init.self || logged.length === to - from) return logged
    const drafts = this.#drafts.slice(Math.max(from - this.#draftPlace, 0), to - this.#draftPlace)

    return Uint8Array.from([...logged, ...drafts])
  }

  /** Projections measured here that are in no log yet. */
  get drafts(): Uint8Array {
    return Uint8Array.from(this.#drafts)
  }

  /** The place in its log of what this node measures next. */
  get nextPlace(): number {
    if (this.#drafts.length === 0) return this.ledger.lengthOf(this.#init.self)

    return this.#draftPlace + this.#drafts.length
  }

  /** Counts a projection of this node's own, before it is in the log. */
  draft(byte: number): void {
    const place = this.nextPlace
    if (this.#drafts.length === 0) this.#draftPlace = place
    this.#drafts.push(byte)
    this.#pending.addDraft(this.#init.self, place, byte, 1)
  }

  /** Takes the drafts back: they are going into the log. */
  dropDrafts(): void {
    this.#moveDrafts(this.#pending, -1)
    this.#drafts.length = 0
  }

  /**
   * Brings the state in line with the ledger and the drafts, in one pass over memory.
   *
   * @param most - projections; each author's turn comes. All that wait when left out
   * @returns projections applied
   * @throws {CodedError} ERR_ACCUMULATOR_RANGE, before anything is written: the sum could leave an int32
   */
  apply(most?: number): number {
    this.#checkRange()
    const waiting = this.#pending.take(most)
    if (waiting.length > 0) this.#init.vectors.addSigns(this.#acc, this.#termsOf(waiting))
    this.#applied += waiting.length

    return waiting.length
  }

  /** out = the weights, with epsilon times a direction added to them; shape (dim). Apply first. */
  perturbedInto(out: Float32Array, key: DirectionKey, epsilon: number): void {
    this.#init.vectors.perturbMovedInto(out, this.#weights(), key, epsilon)
  }

  /** out = the weights, shape (dim). Apply first. */
  writeInto(out: Float32Array): void {
    this.#init.vectors.moveInto(out, this.#weights())
  }

  /** SHA-256 of the state that the ledger alone leads to, in hex: equal on all replicas with the same set. */
  hash(): string {
    return this.#drafts.length === 0 && this.waiting === 0 ? accHash(this.#acc) : this.#settled([], accHash)
  }

  snapshot(): Snapshot {
    const acc = this.#settled([], (state) => Int32Array.from(state))

    return { logs: this.ledger.counted, setHash: this.ledger.setHash, acc }
  }

  /**
   * SHA-256 of the state that these logs lead to, in hex, made from the own one by undoing the rest on a copy.
   *
   * @returns undefined when not all of them count here
   */
  hashAt(logs: readonly LogExtent[]): string | undefined {
    const lengths = new Map(logs.map(({ author, length }) => [author, length]))
    if (logs.some(({ author, length }) => length > this.ledger.countedOf(author))) return undefined

    const undone = this.#newPending()
    undone.reset(this.ledger.counted)
    for (const { author, length } of this.ledger.counted) {
      const kept = lengths.get(author) ?? 0
      if (kept < length) undone.add({ author, from: kept, to: length, direction: -1 })
    }

    return this.#settled(undone.peek(), accHash)
  }

  /** All projections that count, by the ledger alone: their directions, and the integers that they count with. */
  terms(): Term[] {
    const all = this.#newPending()
    for (const { author, length } of this.ledger.counted) all.add({ author, from: 0, to: length, direction: 1 })

    return all.peek().map(({ author, place, coefficient }) => ({ key: this.#init.keyOf(author, place), coefficient }))
  }

  /**
   * What {@link hashAt} costs, in params times projections that wait or are undone; with trimming, each projection is held
   * against those of all authors, undone or not.
   */
  costAt(logs: readonly LogExtent[]): number {
    const undone = this.ledger.total - logs.reduce((sum, { length }) => sum + length, 0)
    const look = this.#init.trim === 0 ? LOOK : COMPARISON * this.ledger.counted.length

    return this.settlingCost + this.dim * Math.max(undone, 0) + look * this.ledger.total
  }

  /** What {@link hash} and {@link snapshot} cost, in params times projections: they take in all that waits, at once. */
  get settlingCost(): number {
    return this.dim * (this.waiting + this.#drafts.length)
  }

  /**
   * Of a replica that has nothing yet: takes in what `fill` gives the ledger, over the state that it returns, if there is
   * one, so that what this state has in it takes neither time nor memory.
   */
  restore(fill: (ledger: Ledger) => Pick<Snapshot, 'logs' | 'acc'> | undefined): void {
    this.#isFilling = true
    try {
      const snapshot = fill(this.ledger)
      if (snapshot !== undefined) this.#acc.set(snapshot.acc)
      this.#goOnFrom(snapshot?.logs ?? [])
    } finally {
      this.#isFilling = false
    }
  }

  /** Takes over the state of a snapshot whose logs are here, in place of going through them. */
  adopt({ logs, acc }: Pick<Snapshot, 'logs' | 'acc'>): void {
    this.#acc.set(acc)
    this.#goOnFrom(logs)
  }

  /** The state is that of these logs: what separates it from the ledger, and the drafts, waits. */
  #goOnFrom(logs: readonly LogExtent[]): void {
    this.#pending.reset(logs)
    const lengths = new Map(logs.map(({ author, length }) => [author, length]))
    for (const { author, length } of this.ledger.counted) {
      const had = lengths.get(author) ?? 0
      const [from, to] = [Math.min(had, length), Math.max(had, length)]
      if (from < to) this.#pending.add({ author, from, to, direction: had < length ? 1 : -1 })
    }
    this.#moveDrafts(this.#pending, 1)
  }

  /** Gives the memory back. */
  close(): void {
    this.#init.vectors.free(this.#start)
    this.#init.vectors.free(this.#acc)
  }

  #moveDrafts(pending: Pending, direction: 1 | -1): void {
    const { self } = this.#init
    for (const [i, byte] of this.#drafts.entries()) pending.addDraft(self, this.#draftPlace + i, byte, direction)
  }

  #checkRange(): void {
    const { sum } = this.#pending
    if (sum <= LARGEST) return

    throw new CodedError(
      'ERR_ACCUMULATOR_RANGE',
      'the projections could add up to more than the state can hold: start a job with a smaller learning rate, fewer steps, or from this model',
      { sum }
    )
  }

  #onChange(change: LedgerChange): void {
    if (this.#isFilling) return
    this.#onMoved(change.author)
    this.#pending.add(change)
  }

  /** What is beyond the job's lead does not count, and takes its place all the same. */
  #onMoved(author: Peer): void {
    if (author === this.#init.self && this.#haveDraftsLostTheirPlace()) this.#discardDrafts()
  }

  /** More of this node's log may also come to count because others wrote more: that leaves its end where it was. */
  #haveDraftsLostTheirPlace(): boolean {
    const { ledger } = this
    const { self } = this.#init
    if (this.#drafts.length === 0) return false
    const isCutOff = ledger.voidFrom(self) !== undefined || ledger.bannedFrom(self) !== undefined

    return isCutOff || ledger.lengthOf(self) !== this.#draftPlace
  }

  /** Another process has this node's key, or had, and its log goes on otherwise: what was measured has no place in it. */
  #discardDrafts(): void {
    this.dropDrafts()
    // at once: the bytes that take these places may have other directions
    this.apply()
    this.#init.forget(this.#init.self)
  }

  /** Hands out a copy of the state, without drafts, with all that waits and `more`; not to be kept. */
  #settled<T>(more: readonly PendingProjection[], use: (acc: Int32Array) => T): T {
    const { vectors } = this.#init
    const drafts = this.#newPending()
    this.#moveDrafts(drafts, -1)
    const acc = vectors.allocateIntegers(this.dim)
    try {
      acc.set(this.#acc)
      vectors.addSigns(acc, this.#termsOf([...drafts.peek(), ...this.#pending.peek(), ...more]))
      return use(acc)
    } finally {
      vectors.free(acc)
    }
  }

  #weights(): { base: Float32Array; acc: Int32Array; scale: number } {
    return { base: this.#start, acc: this.#acc, scale: this.#init.scale }
  }

  #newPending(): Pending {
    const { coefficientOf, trim } = this.#init

    return new Pending({ bytesOf: (author, from, to) => this.ledger.bytesOf(author, from, to), coefficientOf, trim })
  }

  #termsOf(projections: readonly PendingProjection[]): DirectionTerms {
    const keys = new Uint32Array(2 * projections.length)
    const coefficients = new Int32Array(projections.length)
    for (const [i, projection] of projections.entries()) {
      projection.key ??= this.#init.keyOf(projection.author, projection.place)
      keys[2 * i] = projection.key.key0
      keys[2 * i + 1] = projection.key.key1
      coefficients[i] = projection.coefficient
    }

    return { keys, coefficients }
  }
}
