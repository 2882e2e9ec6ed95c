import type { Equivocation, LogBatch } from '../../wire/log-batch.ts'

export type JournalRecord = { readonly batch: LogBatch } | { readonly proof: Equivocation }

/** Where a node keeps its logs between two lives. `store` has one on disk; a simulated machine's survives its crash. */
export interface Journal {
  /** What was kept when the node started, in order. */
  readonly records: readonly JournalRecord[]
  /** Resolves when the records would survive a crash. @throws {CodedError} ERR_JOURNAL_UNUSABLE */
  append(records: readonly JournalRecord[]): Promise<void>
}

/** Nothing survives. */
export const NO_JOURNAL: Journal = { records: [], append: async () => undefined }
