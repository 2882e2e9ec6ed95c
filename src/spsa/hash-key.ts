import { hash } from 'node:crypto'
import type { Peer } from '../interface/network.ts'
import type { DirectionKey } from '../math/signs.ts'

/** Where a projection stands: its author's step, and which of that step's queries. */
export interface ProjectionPlace {
  jobId: string
  peer: Peer
  /** From 0. */
  step: number
  /** From 0. */
  query: number
}

/**
 * The first 64 bits of SHA-256 over `domain` and `fields`, as two little-endian uint32. Each is written as its length
 * in bytes, a colon, its UTF-8 text and a comma (a netstring; numbers in decimal), so no two lists give one text.
 */
export function hashKey(domain: string, fields: readonly (string | number)[]): DirectionKey {
  const text = [domain, ...fields].map((field) => `${Buffer.byteLength(`${field}`)}:${field},`).join('')
  // as text, which costs a third of what a buffer of Node's does
  const digest = hash('sha256', text, 'binary')

  return { key0: uint32At(digest, 0), key1: uint32At(digest, 4) }
}

/** The same of a place. */
export function hashPlace(domain: string, { jobId, peer, step, query }: ProjectionPlace): DirectionKey {
  return hashKey(domain, [jobId, peer, step, query])
}

/** Four bytes of a text of bytes, little-endian. */
function uint32At(text: string, at: number): number {
  let value = 0
  for (let i = 3; i >= 0; i--) value = value * 256 + text.charCodeAt(at + i)

  return value
}
