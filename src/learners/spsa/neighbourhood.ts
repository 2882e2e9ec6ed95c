import { crc32 } from 'node:zlib'
import type { Peer } from '../../interface/network.ts'

/**
 * A node and the peers that it is connected to, as one number: nodes that say the same have the same neighbours, each
 * other included, so whatever one of them heard from its author, the others heard from its author too. Who lies about
 * it may miss projections until it asks, and nobody else does.
 *
 * @returns uint32
 */
export function neighbourhood(self: Peer, peers: readonly Peer[]): number {
  return peers.reduce((sum, peer) => (sum + crc32(peer)) >>> 0, crc32(self))
}
