import type { Peer } from '../../interface/network.ts'
import { type LogBatch, SEGMENT_BYTES } from '../../wire/log-batch.ts'
import { type Link, linkAfter } from './chain.ts'
import { headStatement, type Sign } from './head.ts'

export interface LogEnd {
  jobId: string
  self: Peer
  /** Bytes that the log has, and the link after them. */
  length: number
  link: Link
}

/** Signs what comes after the end of a log, in batches that are cut where segments end. */
export function signLog({ jobId, self, length, link }: LogEnd, bytes: Uint8Array, sign: Sign): LogBatch[] {
  const batches: LogBatch[] = []
  let [start, last] = [length, link]
  for (let at = 0; at < bytes.byteLength; ) {
    const part = bytes.slice(at, at + SEGMENT_BYTES - (start % SEGMENT_BYTES))
    last = linkAfter(last, part)
    const head = { author: self, length: start + part.byteLength, link: last }
    batches.push({ author: self, start, bytes: part, signature: sign(headStatement(jobId, head)) })
    start += part.byteLength
    at += part.byteLength
  }

  return batches
}
