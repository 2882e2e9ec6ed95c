import type { Peer } from '../../interface/network.ts'
import { hashText } from '../../wire/hex.ts'
import type { Equivocation, LogBatch } from '../../wire/log-batch.ts'
import { type LogExtent, type LogState, TIP_BYTES } from '../../wire/log-state.ts'
import { AuthorPlaces, type AuthorPlacesInit } from './author-places.ts'
import { firstLink, type Link, linkAfter, sameLink } from './chain.ts'
import { Counting, type CountingInit } from './counting.ts'
import { equivocationOf, placeOfEquivocation } from './equivocation.ts'
import { ledgerRejection } from './errors.ts'
import { headStatement, type Sign, type Verify } from './head.ts'
import { PeerLog } from './peer-log.ts'
import { headMember, SetHash, voidMember } from './set-hash.ts'
import { signLog } from './sign-log.ts'

export interface LedgerInit extends AuthorPlacesInit, Pick<CountingInit, 'lead' | 'onChange'> {
  jobId: string
  verify: Verify
  /** Whether a byte stands for a projection. */
  isProjection: (byte: number) => boolean
  /** Most bytes of one author's log: what the job gives each peer. */
  maxLength: number
  /** An author's log has grown or was cut off, whether or not that changes what counts. Told after `onChange`. */
  onMoved?: (author: Peer) => void
}

/**
 * What became of a batch. `gap`: bytes before it are missing, from `have` on. `unproven`: the signature does not fit
 * what is here: it is forged, or the author has written two logs that part before the batch begins.
 */
export type Acceptance =
  | { readonly kind: 'added'; readonly from: number; readonly to: number }
  | { readonly kind: 'known' }
  | { readonly kind: 'gap'; readonly have: number }
  | { readonly kind: 'unproven' }
  | { readonly kind: 'equivocation'; readonly place: number; readonly proof: Equivocation }

/** How a peer's segment relates to ours. */
export type SegmentComparison =
  | { readonly kind: 'same' | 'earlier' }
  | { readonly kind: 'equivocation'; readonly place: number; readonly proof: Equivocation }

/**
 * The projections of a job, as signed logs, one an author: what replicas agree on. The state is a function of two
 * sets, logs and proofs of equivocation: it does not matter in which order, how often or through whom they came.
 *
 * A log counts up to the first of: its end, the place of a proof, the place from which an operator bans its author, and
 * as far as the job lets authors be ahead of others. Undoing is exact, as whoever applies the changes adds integers.
 */
export class Ledger {
  readonly #init: LedgerInit
  readonly #logs = new Map<Peer, PeerLog>()
  /** The earliest proven place of each author that wrote two logs. */
  readonly #proofs = new Map<Peer, { place: number; proof: Equivocation }>()
  /** By order of this node's operator. */
  readonly #bans = new Map<Peer, number>()
  readonly #hash = new SetHash()
  readonly #counting: Counting
  readonly #places: AuthorPlaces

  constructor(init: LedgerInit) {
    this.#init = init
    this.#places = new AuthorPlaces(init, this.#logs)
    const memberOf = (author: Peer, length: number): Uint8Array =>
      headMember(author, length, this.#logs.get(author)!.linkAt(length))
    this.#counting = new Counting({ ...init, hash: this.#hash, memberOf })
  }

  /** Of what counts here; 64 hex digits. Two nodes that have the same count the same projections. */
  get setHash(): string {
    return this.#hash.text
  }

  /** How much is here of each log, up to where it is void; by author. */
  get states(): LogState[] {
    return [...this.#logs.values()]
      .map((log) => this.#stateOf(log, Math.min(log.length, this.voidFrom(log.author) ?? Infinity)))
      .sort(byAuthor)
  }

  /** How much counts here of each log, by author: the set of {@link setHash}. */
  get counted(): LogState[] {
    return [...this.#logs.values()].map((log) => this.#stateOf(log, this.countedOf(log.author))).sort(byAuthor)
  }

  /** Projections that count. */
  get total(): number {
    return this.#counting.total
  }

  get proofs(): Equivocation[] {
    return [...this.#proofs.values()].map(({ proof }) => proof)
  }

  proofOf(author: Peer): Equivocation | undefined {
    return this.#proofs.get(author)?.proof
  }

  lengthOf(author: Peer): number {
    return this.#logs.get(author)?.length ?? 0
  }

  /** How many of the author's bytes count. */
  countedOf(author: Peer): number {
    return this.#counting.of(author)
  }

  /** Whether some of the author's log waits for the others': it is further ahead of them than the job lets count. */
  isAhead(author: Peer): boolean {
    return this.#counting.isAhead(author)
  }

  /** Whether there is place for the log of one more author that is not near. */
  get hasPlaceForStrangers(): boolean {
    return this.#places.fitStrangers
  }

  /**
   * Whether the author's log is here, or would be taken in.
   *
   * @param strangersFit - for who asks about many authors at once
   */
  hasPlaceFor(author: Peer, strangersFit?: () => boolean): boolean {
    return this.#places.fit(author, strangersFit)
  }

  /** From where on an author's log is void by proof; undefined when it is not. */
  voidFrom(author: Peer): number | undefined {
    return this.#proofs.get(author)?.place
  }

  bannedFrom(author: Peer): number | undefined {
    return this.#bans.get(author)
  }

  /** A view: not to be kept. */
  bytesOf(author: Peer, from: number, to: number): Uint8Array {
    return this.#logs.get(author)?.bytes(from, to) ?? new Uint8Array(0)
  }

  /** What others can be given of an author's log from `place` on, up to the end of a segment. */
  batchFrom(author: Peer, place: number): LogBatch | undefined {
    return this.#logs.get(author)?.batchFrom(place)
  }

  segmentOf(author: Peer, index: number): { before: Link; batch: LogBatch } | undefined {
    return this.#logs.get(author)?.segment(index)
  }

  /**
   * The set hash of a set that someone else has: the first `length` bytes of each log, void places included.
   *
   * @returns undefined when not all of it is here
   */
  setHashOf(logs: readonly LogExtent[]): string | undefined {
    const hash = new SetHash()
    for (const { author, length, voidFrom } of logs) {
      const log = this.#logs.get(author)
      if (this.voidFrom(author) !== voidFrom || (log?.length ?? 0) < length) return undefined
      if (length > 0) hash.add(headMember(author, length, log!.linkAt(length)))
      if (voidFrom !== undefined) hash.add(voidMember(author, voidFrom))
    }

    return hash.text
  }

  /**
   * Signs what this node adds to its own log. Nothing is added yet: keep it on disk first, then {@link accept} it. Who
   * writes other bytes at the same places after a crash has written two logs.
   *
   * @returns batches, cut where segments end
   * @throws {RejectedError} ERR_LEDGER_LENGTH when the job gives no more
   */
  sign(self: Peer, bytes: Uint8Array, sign: Sign): LogBatch[] {
    const { jobId } = this.#init
    const { length, link } = this.#logs.get(self) ?? { length: 0, link: firstLink(jobId, self) }
    this.#checkLength(length + bytes.byteLength, self)

    return signLog({ jobId, self, length, link }, bytes, sign)
  }

  /**
   * Takes in what a decoder has found well-formed. Nothing counts that its author has not signed.
   *
   * @throws {RejectedError} ERR_LEDGER_LENGTH, ERR_LEDGER_BYTE (`penalise`), ERR_LEDGER_AUTHORS (`ignore`)
   */
  accept(batch: LogBatch): Acceptance {
    const { author, start, bytes } = batch
    const end = start + bytes.byteLength
    this.#checkLength(end, author)
    const known = this.#logs.get(author)
    // void here and everywhere: it makes no difference which of its logs this is
    if (start >= (this.voidFrom(author) ?? Infinity)) return { kind: 'known' }
    const have = known?.length ?? 0
    if (start > have) return { kind: 'gap', have }
    if (!bytes.every(this.#init.isProjection)) {
      throw ledgerRejection('ERR_LEDGER_BYTE', 'penalise', 'a byte that stands for no projection', { author, start })
    }
    const place = known?.differsAt(start, bytes)
    if (place === undefined && end <= have) return { kind: 'known' }

    const log = known ?? this.#logOf(author)
    const link = linkAfter(log.linkAt(start), bytes)
    const statement = headStatement(this.#init.jobId, { author, length: end, link })
    if (!this.#init.verify(author, statement, batch.signature)) {
      if (known === undefined) this.#logs.delete(author)
      return { kind: 'unproven' }
    }
    if (place !== undefined) return { kind: 'equivocation', place, proof: equivocationOf(log, batch, place) }

    log.append(bytes.slice(have - start), link, batch.signature)
    this.#recount(author)

    return { kind: 'added', from: have, to: end }
  }

  /**
   * Holds a peer's segment of a log against ours, to find where two logs of one author part: `earlier` when they have
   * parted before it begins.
   *
   * @throws {RejectedError} ERR_LEDGER_SIGNATURE (`penalise`) when the author has not signed it
   */
  compare({ before, batch }: { before: Link; batch: LogBatch }): SegmentComparison {
    const { author, start, bytes, signature } = batch
    const statement = headStatement(this.#init.jobId, {
      author,
      length: start + bytes.byteLength,
      link: linkAfter(before, bytes)
    })
    if (!this.#init.verify(author, statement, signature)) {
      throw ledgerRejection('ERR_LEDGER_SIGNATURE', 'penalise', 'a log that its author has not signed', {
        author,
        start
      })
    }
    const log = this.#logs.get(author)
    if (log === undefined || start > log.length) return { kind: 'earlier' }
    if (!sameLink(log.linkAt(start), before)) return { kind: 'earlier' }
    const place = log.differsAt(start, bytes)

    if (place === undefined) return { kind: 'same' }

    return { kind: 'equivocation', place, proof: equivocationOf(log, batch, place) }
  }

  /**
   * Takes in a proof that an author wrote two logs: nothing of it counts from where they part, here and, when they
   * have the proof, everywhere.
   *
   * @returns whether it says more than what was known
   * @throws {RejectedError} ERR_EQUIVOCATION_INVALID, ERR_LEDGER_AUTHORS
   */
  acceptProof(proof: Equivocation): boolean {
    const { author } = proof
    const known = this.#proofs.get(author)
    const place = placeOfEquivocation(this.#init.jobId, proof, this.#init.verify)
    if (known !== undefined && known.place <= place) return false

    this.#logOf(author)
    if (known !== undefined) this.#hash.remove(voidMember(author, known.place))
    this.#proofs.set(author, { place, proof })
    this.#hash.add(voidMember(author, place))
    this.#recount(author)

    return true
  }

  /** Nothing of this author counts here from `place` on, whatever comes. Another ban replaces it. */
  ban(author: Peer, place = 0): void {
    this.#bans.set(author, place)
    this.#recount(author)
  }

  unban(author: Peer): void {
    this.#bans.delete(author)
    this.#recount(author)
  }

  #stateOf(log: PeerLog, length: number): LogState {
    const { author } = log
    const voidFrom = this.voidFrom(author)
    const tip = hashText(log.linkAt(length).subarray(0, TIP_BYTES))

    return voidFrom === undefined ? { author, length, tip } : { author, length, tip, voidFrom }
  }

  #logOf(author: Peer): PeerLog {
    const known = this.#logs.get(author)
    if (known !== undefined) return known
    if (!this.hasPlaceFor(author)) {
      const limit = this.#init.maxAuthors
      throw ledgerRejection(
        'ERR_LEDGER_AUTHORS',
        'ignore',
        `of ${limit} places for authors none is left for this one`,
        {
          author,
          limit
        }
      )
    }
    const log = new PeerLog(this.#init.jobId, author)
    this.#logs.set(author, log)

    return log
  }

  #checkLength(length: number, author: Peer): void {
    const { maxLength } = this.#init
    if (length <= maxLength) return

    const message = `${length} projections of one peer, and the job has ${maxLength} for each`
    throw ledgerRejection('ERR_LEDGER_LENGTH', 'penalise', message, { author, length, maxLength })
  }

  /** Brings what counts in line with an author's log, proofs and bans. */
  #recount(author: Peer): void {
    const log = this.#logs.get(author)
    if (log === undefined) return
    const end = Math.min(log.length, this.voidFrom(author) ?? Infinity, this.#bans.get(author) ?? Infinity)
    this.#counting.setEnd(author, end)
    this.#init.onMoved?.(author)
  }
}

function byAuthor(a: LogState, b: LogState): number {
  return a.author < b.author ? -1 : 1
}
