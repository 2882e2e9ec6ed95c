import { createHash, hash } from 'node:crypto'
import type { Peer } from '../../interface/network.ts'

export const LINK_BYTES = 32
const DOMAIN = 'starling/spsa/log/1'

/** A SHA-256 that stands for a log up to some place: whoever knows it can tell one byte before that was changed. */
export type Link = Uint8Array

/** The link before the first byte of an author's log. */
export function firstLink(jobId: string, author: Peer): Link {
  // newlines can't be part of either, so no two pairs give one text
  return createHash('sha256').update(`${DOMAIN}\n${jobId}\n${author}`).digest()
}

/**
 * The link after `bytes` more. Each byte makes a link of its own, so that a log can be cut into batches in any way.
 *
 * Cost: one SHA-256 a byte, 0.4 us: Node hands out digests as text in a third of the time that a buffer takes.
 */
export function linkAfter(link: Link, bytes: Uint8Array): Link {
  const block = new Uint8Array(LINK_BYTES + 1)
  block.set(link)
  for (const byte of bytes) {
    block[LINK_BYTES] = byte
    const digest = hash('sha256', block, 'binary')
    for (let i = 0; i < LINK_BYTES; i++) block[i] = digest.charCodeAt(i)
  }

  return block.slice(0, LINK_BYTES)
}

export function sameLink(a: Link, b: Link): boolean {
  return Buffer.compare(a, b) === 0
}
