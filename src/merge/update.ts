import type { Peer } from '../interface/network.ts'

/** Diagonal of a Fisher information matrix, shape (dim): how much each param matters to its model. All >= 0, finite. */
export type FisherVector = Float32Array

/** A peer's params, decoded and checked, ready to be merged. */
export interface Update {
  readonly peer: Peer
  /** The sender's round. */
  readonly round: number
  /** Training examples that the sender says it has. */
  readonly examples: number
  /** Shape (dim). */
  readonly params: Float32Array
  /** Of these params, as the sender computed it; where the merge policy needs it. */
  readonly fisher?: FisherVector
}
