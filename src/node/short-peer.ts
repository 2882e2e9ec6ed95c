import type { Peer } from '../interface/network.ts'

/** How a peer is called in sentences: all ids begin alike. */
export function shortPeer(peer: Peer): string {
  return `..${peer.slice(-8)}`
}
