import { CodedError } from '../../interface/errors.ts'
import type { Tasks } from '../tasks.ts'
import type { Journal, JournalRecord } from './journal.ts'

export interface KeepingInit {
  journal: Journal
  tasks: Tasks
  onFailure: (error: CodedError) => void
}

/** What came from others and waits to be written; the newest beyond this are left out, and fetched again after a crash. */
const MAX_WAITING = 65_536

/** Writes to the journal, in the order in which records came, many at a time: for what others sent nobody waits. */
export class Keeping {
  readonly #init: KeepingInit
  #waiting: JournalRecord[] = []
  #isDraining = false
  /** Each write waits for the one before: what that one could not write comes first. */
  #last: Promise<unknown> = Promise.resolve()
  /** The last failure; one that goes on is told once. */
  #failed: string | undefined

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

  async #put(records: readonly JournalRecord[]): Promise<boolean> {
    const waiting = this.#waiting
    this.#waiting = []
    try {
      await this.#init.journal.append([...waiting, ...records])
      this.#failed = undefined
      return true
    } catch (error) {
      this.#waiting = [...waiting, ...this.#waiting].slice(0, MAX_WAITING)
      if (!(error instanceof CodedError)) throw error
      if (this.#failed !== error.code) this.#init.onFailure(error)
      this.#failed = error.code
      return false
    }
  }
}
