import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { Peer } from '../interface/network.ts'

export interface GaterInit {
  /** Misbehaved: no connection at all. */
  isRefused: (peer: Peer) => boolean
  /** Of another job: not to be dialled. */
  isStranger: (peer: Peer) => boolean
}

/** Turns peers away before we dial them, and as soon as an encrypted connection says who they are. */
export function createGater({ isRefused, isStranger }: GaterInit): ConnectionGater {
  const refused = (peer: PeerId): boolean => isRefused(peer.toString())

  return {
    denyDialPeer: (peer) => refused(peer) || isStranger(peer.toString()),
    denyInboundEncryptedConnection: refused,
    denyOutboundEncryptedConnection: refused
  }
}
