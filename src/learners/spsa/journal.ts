import type { JournalRecord } from '../../wire/log-batch.ts'

/** Where a node keeps its logs between two lives. `store` has one on disk; a simulated machine's survives its crash. */
export interface Journal {
  /** What was kept when the node started, in order; once: from then on they are the caller's. */
  takeRecords(): readonly JournalRecord[]
  /** Resolves when the records would survive a crash. @throws {CodedError} ERR_JOURNAL_UNUSABLE */
  append(records: readonly JournalRecord[]): Promise<void>
  /** How much room it takes. */
  readonly bytes: number
  /** Puts these in place of all others, whole or not at all. @throws {CodedError} ERR_JOURNAL_UNUSABLE */
  rewrite(records: readonly JournalRecord[]): Promise<void>
}

/** Nothing survives. */
export const NO_JOURNAL: Journal = {
  takeRecords: () => [],
  bytes: 0,
  append: async () => undefined,
  rewrite: async () => undefined
}
