import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { Peer } from '../interface/network.ts'
import type { Door } from './door.ts'
import { hostOf } from './remote-host.ts'

export interface GaterInit {
  /** Why there may be no connection with a peer at all: misbehaved, banned, not on the list where there is one. */
  objectionTo: (peer: Peer) => string | undefined
  /** Of another job: not to be dialled. */
  isStranger: (peer: Peer) => boolean
  /** Limits what strangers cost. @default they may cost what they like */
  door?: Door
  /** Somebody was turned away who came to us. */
  onRefused?: (code: string, host: string, peer: Peer) => void
}

/** Turns peers away before we dial them, as soon as they connect, and as soon as an encrypted connection says who they are. */
export function createGater({ objectionTo, isStranger, door, onRefused }: GaterInit): ConnectionGater {
  const isBarred = (peer: PeerId): boolean => objectionTo(peer.toString()) !== undefined
  const refuses = (id: PeerId, { remoteAddr }: MultiaddrConnection): boolean => {
    const peer = id.toString()
    const code = objectionTo(peer)
    if (code !== undefined) onRefused?.(code, hostOf(remoteAddr), peer)

    return code !== undefined
  }

  return {
    denyDialPeer: (peer) => isBarred(peer) || isStranger(peer.toString()),
    denyInboundConnection: (connection) => door?.admitsConnection(connection) === false,
    denyInboundEncryptedConnection: (peer, connection) =>
      refuses(peer, connection) || door?.admitsPeer(peer.toString(), connection) === false,
    denyOutboundEncryptedConnection: (peer, connection) => {
      if (isBarred(peer)) return true

      door?.watchDialled(connection)
      return false
    }
  }
}
