import type { Peer } from '../interface/network.ts'

/** A peer's params, decoded and checked, ready to be merged. */
export interface Update {
  readonly peer: Peer
  /** The sender's round. */
  readonly round: number
  /** Training examples that the sender says it has. */
  readonly examples: number
  /** Shape (dim). */
  readonly params: Float32Array
}
