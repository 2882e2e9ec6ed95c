import type { Journal, JournalRecord } from '../../learners/spsa/journal.ts'

/** The journal of a simulated machine: what was written is there when the machine comes back. */
export class SimulatedDisk implements Journal {
  readonly #records: JournalRecord[] = []

  get records(): readonly JournalRecord[] {
    return [...this.#records]
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#records.push(...records)
  }
}
