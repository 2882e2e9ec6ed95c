import { type Equivocation, type LogBatch, SEGMENT_BYTES } from '../../wire/log-batch.ts'
import { linkAfter } from './chain.ts'
import { ledgerRejection } from './errors.ts'
import { headStatement, type Verify } from './head.ts'
import type { PeerLog } from './peer-log.ts'

/**
 * The place from which on the author's log is void: where its two signed continuations first differ. Anyone can check
 * it who has the proof alone.
 *
 * @throws {RejectedError} ERR_EQUIVOCATION_INVALID (`penalise`): nobody honest would pass it on
 */
export function placeOfEquivocation(jobId: string, proof: Equivocation, verify: Verify): number {
  const { author, start, before, left, right } = proof
  const invalid = (why: string) =>
    ledgerRejection('ERR_EQUIVOCATION_INVALID', 'penalise', `no proof of two logs: ${why}`, { author })
  if (start % SEGMENT_BYTES !== 0) throw invalid('not from the start of a segment')

  for (const { bytes, signature } of [left, right]) {
    const length = start + bytes.byteLength
    if (bytes.byteLength > SEGMENT_BYTES) throw invalid('longer than a segment')
    const statement = headStatement(jobId, { author, length, link: linkAfter(before, bytes) })
    if (!verify(author, statement, signature)) throw invalid('not signed by the author')
  }

  const shorter = Math.min(left.bytes.byteLength, right.bytes.byteLength)
  for (let i = 0; i < shorter; i++) if (left.bytes[i] !== right.bytes[i]) return start + i
  throw invalid('one continues the other')
}

/**
 * The proof that an author wrote two logs, made of the one that is here and a signed batch that differs from it.
 *
 * @param place - the first at which they differ
 */
export function equivocationOf(log: PeerLog, batch: LogBatch, place: number): Equivocation {
  const { author, start, bytes, signature } = batch
  const { before, batch: ours } = log.segment(Math.floor(place / SEGMENT_BYTES))!
  const theirs = new Uint8Array(start - ours.start + bytes.byteLength)
  theirs.set(log.bytes(ours.start, start))
  theirs.set(bytes, start - ours.start)

  return {
    author,
    start: ours.start,
    before,
    left: { bytes: ours.bytes, signature: ours.signature },
    right: { bytes: theirs, signature }
  }
}
