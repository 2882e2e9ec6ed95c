import { CodedError } from '../../interface/errors.ts'
import type { Condition } from '../condition.ts'
import type { Tasks } from '../tasks.ts'
import type { Journal, JournalRecord } from './journal.ts'

export interface KeepingInit {
  journal: Journal
  tasks: Tasks
  changes: Condition
  onFailure: (error: CodedError) => void
}

/** What came from others waits here to be written; more than this and the oldest is fetched again after a crash. */
const MAX_WAITING = 65_536

/** Writes to the journal what others sent, many records at a time: nobody waits for it. */
export class Keeping {
  readonly #init: KeepingInit
  #waiting: JournalRecord[] = []
  #isWriting = false
  /** The last failure; one that goes on is told once. */
  #failed: string | undefined

  constructor(init: KeepingInit) {
    this.#init = init
  }

  /** Of others: to be written soon. */
  add(record: JournalRecord): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(record)
    if (this.#isWriting) return

    this.#isWriting = true
    this.#init.tasks.spawn(async () => {
      while (this.#waiting.length > 0 && (await this.write(this.#waiting.splice(0))));
      this.#isWriting = false
    })
  }

  /** Of this node: before anybody sees it. @returns false when it could not be written, which is told */
  async write(records: readonly JournalRecord[]): Promise<boolean> {
    try {
      await this.#init.journal.append(records)
      this.#failed = undefined
      return true
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      if (this.#failed !== error.code) this.#init.onFailure(error)
      this.#failed = error.code
      return false
    }
  }
}
