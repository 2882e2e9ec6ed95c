import type { Peer } from '../../interface/network.ts'
import { ledgerRejection } from '../../spsa/ledger/errors.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import { type Equivocation, SEGMENT_BYTES } from '../../wire/log-batch.ts'
import type { SegmentAnswer } from '../../wire/snapshot-codec.ts'

export interface InquiryInit {
  ledger: Ledger
  author: Peer
  /** The peer's segment of the author's log; undefined when it has none. */
  ask: (index: number) => Promise<SegmentAnswer | undefined>
}

/**
 * Finds out why a peer's part of a log does not fit ours: by halving, the segment in which the author's two logs part.
 *
 * @returns the proof that there are two
 * @throws {RejectedError} ERR_LEDGER_SIGNATURE (`penalise`) when the peer can show none: it passed on what the author
 *   never signed
 */
export async function inquire({ ledger, author, ask }: InquiryInit): Promise<Equivocation> {
  let first = 0
  let last = Math.floor(ledger.lengthOf(author) / SEGMENT_BYTES)
  while (first <= last) {
    const index = Math.floor((first + last) / 2)
    const segment = await ask(index)
    if (segment !== undefined && (segment.batch.author !== author || segment.batch.start !== index * SEGMENT_BYTES)) {
      break // not what was asked for
    }
    const found = segment === undefined ? { kind: 'earlier' as const } : ledger.compare(segment)
    if (found.kind === 'equivocation') return found.proof
    if (found.kind === 'earlier') last = index - 1
    else first = index + 1
  }

  throw ledgerRejection('ERR_LEDGER_SIGNATURE', 'penalise', 'a log that its author has not signed', { author })
}
