import type { Peer } from './network.ts'

/** Signs as this node, and knows everyone's signatures by their name: a peer's id holds its public key. */
export interface Signing {
  /** Ed25519, 64 bytes; the same bytes give the same signature. */
  sign(bytes: Uint8Array): Uint8Array
  /** Whether `peer` signed `bytes`; false too for names and signatures that are none. Never throws. */
  verify(peer: Peer, bytes: Uint8Array, signature: Uint8Array): boolean
}
