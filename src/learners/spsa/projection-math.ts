import type { Peer } from '../../interface/network.ts'
import type { DirectionKey } from '../../math/signs.ts'

/** What the job fixes of projections, the same on every node. */
export interface ProjectionMath {
  /** What one unit of the state moves a weight by. */
  readonly scale: number
  /** Whether a byte stands for a projection. */
  isProjection(byte: number): boolean
  /** The byte of a difference of losses over twice epsilon; 0 where it is not finite. */
  encode(difference: number): number
  /** How far a byte at a place of a log moves the state, in units: by the byte and the step size there. */
  coefficientOf(byte: number, place: number): number
  /** Of all projections, given the bytes before them. */
  directions(bytesOf: (author: Peer, from: number, to: number) => Uint8Array): Directions
}

export interface Directions {
  /** The direction of the projection at a place of an author's log. */
  of(author: Peer, place: number): DirectionKey
  /** An author's log goes on otherwise than was said. */
  forget(author: Peer): void
}
