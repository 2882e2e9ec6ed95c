import type { Peer } from '../../interface/network.ts'
import { type LedgerAnswer, type LedgerQuery, MAX_ANSWER_PAYLOAD } from '../../wire/ledger-sync-codec.ts'
import type { Equivocation, LogBatch } from '../../wire/log-batch.ts'
import { batchBytes, equivocationBytes } from '../../wire/log-batch-codec.ts'
import type { LogState } from '../../wire/log-state.ts'
import type { Ledger } from './ledger.ts'

/**
 * What fits one answer of what a peer lacks: proofs first, as they decide what else counts, then of each author's log a
 * part in turn, so that whoever writes much keeps nobody else from being heard. The peer asks again for the rest.
 */
export function answerQuery(ledger: Ledger, { logs }: LedgerQuery): Pick<LedgerAnswer, 'batches' | 'proofs'> {
  const theirs = new Map(logs.map((state) => [state.author, state]))
  const room = { bytes: MAX_ANSWER_PAYLOAD }
  const proofs = missingProofs(ledger, theirs, room)
  const missing = ledger.states.map(({ author, length }) => {
    const { length: have = 0, voidFrom = Infinity } = theirs.get(author) ?? {}

    return { author, at: have, end: Math.min(length, voidFrom) }
  })
  // what it has no place for must not keep it from the rest
  const known = missing.filter(({ author }) => theirs.has(author))
  const others = missing.filter(({ author }) => !theirs.has(author))
  const batches = [...batchesInTurn(ledger, known, room), ...batchesInTurn(ledger, others, room)]

  return { batches, proofs }
}

/** Of each log the next part, and again, while there is room. */
function batchesInTurn(
  ledger: Ledger,
  missing: readonly { author: Peer; at: number; end: number }[],
  room: { bytes: number }
): LogBatch[] {
  const batches: LogBatch[] = []
  let left = missing.map((each) => ({ ...each }))
  while (left.length > 0) {
    left = left.filter((log) => {
      const batch = log.at < log.end ? ledger.batchFrom(log.author, log.at) : undefined
      if (batch === undefined || !takes(room, batchBytes(batch))) return false
      batches.push(batch)
      log.at += batch.bytes.byteLength

      return true
    })
  }

  return batches
}

/** Whether a peer has something that is not here and would be taken in, as far as its query tells. */
export function lacks(ledger: Ledger, { logs }: LedgerQuery): boolean {
  const strangersFit = ledger.hasPlaceForStrangers
  return logs.some(({ author, length, voidFrom }) => {
    if (!ledger.hasPlaceFor(author, () => strangersFit)) return false
    const ours = ledger.voidFrom(author)
    if (voidFrom !== undefined && voidFrom < (ours ?? Infinity)) return true

    return Math.min(length, ours ?? length) > ledger.lengthOf(author)
  })
}

/**
 * Authors of whom a peer has as much as is here, of another log: they have written two, or the peer does not say what is
 * so. Where one of the two is longer, its end does not fit the other, which tells as well.
 */
export function parted(ledger: Ledger, { logs }: LedgerQuery): Peer[] {
  const theirs = new Map(logs.map((state) => [state.author, state]))

  return ledger.states.flatMap(({ author, length, voidFrom, tip }) => {
    const their = theirs.get(author)
    const isAsMuch = their?.length === length && their.voidFrom === voidFrom

    return isAsMuch && their.tip !== tip ? author : []
  })
}

function missingProofs(ledger: Ledger, theirs: ReadonlyMap<string, LogState>, room: { bytes: number }): Equivocation[] {
  const proofs: Equivocation[] = []
  for (const { author, voidFrom } of ledger.states) {
    if (voidFrom === undefined || voidFrom >= (theirs.get(author)?.voidFrom ?? Infinity)) continue
    const proof = ledger.proofOf(author)
    if (proof !== undefined && takes(room, equivocationBytes(proof))) proofs.push(proof)
  }

  return proofs
}

function takes(room: { bytes: number }, bytes: number): boolean {
  if (bytes > room.bytes) return false
  room.bytes -= bytes

  return true
}
