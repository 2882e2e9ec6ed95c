import type { JournalRecord } from '../../wire/log-batch.ts'
import type { Ledger } from './ledger.ts'

/** A ledger as records, whole segments where there are such: a ledger that takes them in, in order, is the same. */
export function recordsOf(ledger: Ledger): JournalRecord[] {
  const records: JournalRecord[] = []
  for (const { author, length } of ledger.states) {
    for (let at = 0; at < length; ) {
      const batch = ledger.batchFrom(author, at)
      if (batch === undefined) break
      records.push({ batch })
      at += batch.bytes.byteLength
    }
  }

  return [...records, ...ledger.proofs.map((proof) => ({ proof }))]
}
