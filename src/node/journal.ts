import { join } from 'node:path'
import type { Log } from '../interface/log.ts'
import type { Journal } from '../learners/spsa/journal.ts'
import { LogJournal } from '../store/log-journal.ts'
import type { JournalRecord } from '../wire/log-batch.ts'

/** A journal on disk, as a learner uses it. */
export interface OpenJournal extends Journal {
  close(): Promise<void>
}

/** Names are long enough to tell a node's jobs apart. */
const ID_CHARS = 16

/**
 * The journal of a job in a node's folder.
 *
 * @throws {CodedError} ERR_JOURNAL_FOREIGN, ERR_JOURNAL_UNUSABLE
 */
export async function openJournal(dataDir: string, jobId: string, log: Log): Promise<OpenJournal> {
  const path = join(dataDir, `projections-${jobId.slice(0, ID_CHARS)}.log`)
  const { journal, records, tornBytes } = await LogJournal.open(path, jobId)
  if (tornBytes > 0) log('warn', `${path}: ${tornBytes} bytes at the end were torn, and are cut off`, { tornBytes })

  return {
    records,
    append: (added: readonly JournalRecord[]) => journal.append(added),
    get bytes() {
      return journal.bytes
    },
    rewrite: (all: readonly JournalRecord[]) => journal.rewrite(all),
    close: () => journal.close()
  }
}
