import { join } from 'node:path'
import { CodedError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { Journal } from '../learners/spsa/journal.ts'
import { LogJournal, type OpenedJournal } from '../store/log-journal.ts'
import { setAside } from '../store/whole-file.ts'
import type { JournalRecord } from '../wire/log-batch.ts'

/** A journal on disk, as a learner uses it. */
export interface OpenJournal extends Journal {
  close(): Promise<void>
}

/** Names are long enough to tell a node's jobs apart. */
const ID_CHARS = 16

/** Where a node keeps the logs of a job. */
export function journalPath(dataDir: string, jobId: string): string {
  return join(dataDir, `projections-${jobId.slice(0, ID_CHARS)}.log`)
}

/**
 * The journal of a job in a node's folder. What is spoilt in it is told of, and fetched again from the node's checkpoint
 * and its peers.
 *
 * @throws {CodedError} ERR_JOURNAL_UNUSABLE: what can't be read may be good, and a node must not write its log anew
 */
export async function openJournal(dataDir: string, jobId: string, log: Log): Promise<OpenJournal> {
  const path = journalPath(dataDir, jobId)
  const { journal, records, ...opened } = await openOrSetAside(path, jobId, log)
  tellOfLoss(path, opened, log)

  return {
    takeRecords: () => records.splice(0),
    append: (added: readonly JournalRecord[]) => journal.append(added),
    get bytes() {
      return journal.bytes
    },
    rewrite: (all: readonly JournalRecord[]) => journal.rewrite(all),
    close: () => journal.close()
  }
}

/** A file of this name that is no journal of this job was spoilt where it says so. */
async function openOrSetAside(path: string, jobId: string, log: Log): Promise<OpenedJournal> {
  try {
    return await LogJournal.open(path, jobId)
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'ERR_JOURNAL_FOREIGN')) throw error
    const aside = await setAside(path)
    log('warn', `${error.message}; kept as ${aside}, and the logs are fetched again`, { code: error.code })

    return LogJournal.open(path, jobId)
  }
}

function tellOfLoss(
  path: string,
  { tornBytes, isEmptied, aside }: Omit<OpenedJournal, 'journal' | 'records'>,
  log: Log
): void {
  if (tornBytes > 0) {
    const kept = aside === undefined ? '' : `; as it was it is kept as ${aside}`
    log('warn', `${path}: ${tornBytes} bytes at the end were torn or spoilt, and are cut off${kept}`, { tornBytes })
  } else if (isEmptied) log('warn', `${path}: there is nothing in it any more`, {})
}
