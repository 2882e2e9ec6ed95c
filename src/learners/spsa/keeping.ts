import { CodedError } from '../../interface/errors.ts'
import type { JournalRecord } from '../../wire/log-batch.ts'
import { recordBytes } from '../../wire/log-batch-codec.ts'
import type { Tasks } from '../tasks.ts'
import type { Journal } from './journal.ts'

export interface KeepingInit {
  journal: Journal
  tasks: Tasks
  /** All that counts, in as few records as can be. */
  everything: () => JournalRecord[]
  onFailure: (error: CodedError) => void
}

/** What came from others and waits to be written; the newest beyond this are left out, and fetched again after a crash. */
const MAX_WAITING = 65_536
/** Each batch has a signature, of which only those over whole segments are needed: then the journal is rewritten. */
const REWRITE_AT = 2
/** A smaller journal is left as it is until the end. */
const SMALL_BYTES = 1 << 16

/** Writes to the journal, in the order in which records came, many at a time: for what others sent nobody waits. */
export class Keeping {
  readonly #init: KeepingInit
  #waiting: JournalRecord[] = []
  #isDraining = false
  /** Each write waits for the one before: what that one could not write comes first. */
  #last: Promise<unknown> = Promise.resolve()
  /** The last failure; one that goes on is told once. */
  #failed: string | undefined
  /** Of the journal when it was rewritten last, or could have been. */
  #compactBytes: number | undefined
  /** It has records that have been overtaken: they must not come back. */
  #isStale = false

  constructor(init: KeepingInit) {
    this.#init = init
  }

  /** Of others, or of this node's own log as others have it: to be written soon. */
  add(record: JournalRecord): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(record)
    if (this.#isDraining) return

    this.#isDraining = true
    this.#init.tasks.spawn(async () => {
      while (this.#waiting.length > 0 && (await this.write([])));
      this.#isDraining = false
    })
  }

  /**
   * Of this node, before anybody sees it: all that waits is written before, so that a log is kept in order.
   *
   * @param onKept - told before anything else is written
   * @returns false when these could not be written, which is told: they are the caller's again
   */
  write(records: readonly JournalRecord[], onKept: () => void = () => undefined): Promise<boolean> {
    const turn = this.#last.then(async () => {
      const isKept = await this.#put(records)
      if (isKept) onKept()
      return isKept
    })
    this.#last = turn.catch(() => undefined) // the caller hears of it

    return turn
  }

  /** Rewrites the journal when that makes it much smaller, however small it is: at the end of a run. */
  compact(): Promise<boolean> {
    this.#compactBytes = 0

    return this.write([])
  }

  /** Rewrites the journal, as it has records that this node does not stand by. */
  renew(): Promise<boolean> {
    this.#isStale = true

    return this.write([])
  }

  async #put(records: readonly JournalRecord[]): Promise<boolean> {
    try {
      if (this.#isStale) await this.#rewrite()
      else if (this.#isLarge()) await this.#rewrite().catch(() => undefined) // it will do as it is
    } catch (error) {
      return this.#fail(error)
    }
    const waiting = this.#waiting
    this.#waiting = []
    try {
      await this.#init.journal.append([...waiting, ...records])
      this.#failed = undefined
      return true
    } catch (error) {
      this.#waiting = [...waiting, ...this.#waiting].slice(0, MAX_WAITING)
      return this.#fail(error)
    }
  }

  #isLarge(): boolean {
    const { journal, everything } = this.#init
    if (this.#compactBytes !== 0 && journal.bytes < SMALL_BYTES) return false
    this.#compactBytes ??= everything().reduce((sum, record) => sum + recordBytes(record), 0)

    return journal.bytes > REWRITE_AT * this.#compactBytes
  }

  async #rewrite(): Promise<void> {
    const { journal, everything } = this.#init
    this.#compactBytes = journal.bytes // not again soon, should it fail
    await journal.rewrite(everything())
    this.#compactBytes = journal.bytes
    this.#isStale = false
  }

  #fail(error: unknown): false {
    if (!(error instanceof CodedError)) throw error
    if (this.#failed !== error.code) this.#init.onFailure(error)
    this.#failed = error.code

    return false
  }
}
