import type { Journal } from '../../learners/spsa/journal.ts'
import type { JournalRecord } from '../../wire/log-batch.ts'
import { recordBytes } from '../../wire/log-batch-codec.ts'

/** The journal of a simulated machine: what was written is there when the machine comes back. */
export class SimulatedDisk implements Journal {
  #records: JournalRecord[] = []
  #bytes = 0

  takeRecords(): readonly JournalRecord[] {
    return [...this.#records]
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#records.push(...records)
    this.#bytes += bytesOf(records)
  }

  get bytes(): number {
    return this.#bytes
  }

  async rewrite(records: readonly JournalRecord[]): Promise<void> {
    this.#records = [...records]
    this.#bytes = bytesOf(records)
  }
}

function bytesOf(records: readonly JournalRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record), 0)
}
