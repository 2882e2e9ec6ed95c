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
  const digest = hash('sha256', text, 'buffer')

  return { key0: digest.readUInt32LE(0), key1: digest.readUInt32LE(4) }
}

/** The same of a place. */
export function hashPlace(domain: string, { jobId, peer, step, query }: ProjectionPlace): DirectionKey {
  return hashKey(domain, [jobId, peer, step, query])
}
