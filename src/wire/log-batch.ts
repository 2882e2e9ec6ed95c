import type { Peer } from '../interface/network.ts'

/** Bytes of a log between two places at which authors sign in any case; no batch reaches over one. */
export const SEGMENT_BYTES = 1024

/** Of Ed25519. */
export const SIGNATURE_BYTES = 64

/** Consecutive bytes of one author's log of projections. */
export interface LogBatch {
  readonly author: Peer
  /** Place of the first byte, uint32. */
  readonly start: number
  /** One a projection; at least one, and within one segment. */
  readonly bytes: Uint8Array
  /** The author's, over the log's head behind the last of them; shape (SIGNATURE_BYTES). */
  readonly signature: Uint8Array
}

/** What a journal keeps: parts of logs, and proofs that an author has two. */
export type JournalRecord = { readonly batch: LogBatch } | { readonly proof: Equivocation }

/** Two continuations of one log by its author, that differ: nobody honest could have signed both. */
export interface Equivocation {
  readonly author: Peer
  /** Where both begin, at the start of a segment. */
  readonly start: number
  /** The link before, shape (32). */
  readonly before: Uint8Array
  readonly left: { readonly bytes: Uint8Array; readonly signature: Uint8Array }
  readonly right: { readonly bytes: Uint8Array; readonly signature: Uint8Array }
}
