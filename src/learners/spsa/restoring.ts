import type { Peer } from '../../interface/network.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { JournalRecord, LogBatch } from '../../wire/log-batch.ts'
import type { SPSAState } from './state.ts'

export interface Earlier {
  /** Of the journal, in order. */
  records: readonly JournalRecord[]
  state: SPSAState | undefined
  /** Whether a byte stands for a projection. */
  isProjection: (byte: number) => boolean
}

/**
 * What a node knew in its last life: the logs of its journal, and, where it kept a state that these logs lead to, that in
 * place of going through them.
 *
 * @returns what the journal has lost of this node's own log, and the state has: to be kept again
 */
export function restoreInto(replica: Replica, self: Peer, { records, state, isProjection }: Earlier): LogBatch[] {
  let lost: LogBatch[] = []
  replica.restore((ledger) => {
    // each of these had a place
    for (const record of records) {
      if ('batch' in record) ledger.accept(record.batch)
      else ledger.acceptProof(record.proof)
    }
    if (state === undefined) return undefined

    const { snapshot, ownLog } = state
    // who writes other bytes where it wrote before has two logs, and is void
    lost = ownLog.filter((batch) => batch.author === self && ledger.accept(batch).kind === 'added')

    return ledger.setHashOf(snapshot.logs) === snapshot.setHash ? snapshot : undefined
  })
  if (state === undefined) return []

  const { drafts, written } = state
  // later ones are in the log, or others are: then these have no place
  const isNext = state.self === self && replica.ledger.lengthOf(self) === written
  if (isNext && drafts.every(isProjection)) for (const byte of drafts) replica.draft(byte)

  return lost
}
