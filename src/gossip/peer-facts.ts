import type { Peer } from '../interface/network.ts'
import { addressOf } from './addresses.ts'
import { printable } from './job-difference.ts'
import { type AdmittedPeer, type PeerTable, pathOf } from './peer-table.ts'

/** What the network knows of a connected peer: for people. */
export interface PeerFacts {
  readonly peer: Peer
  /** Program and version, as it says itself; printable. */
  readonly agent: string
  /** Multiaddr of the other end, as this node sees it. */
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** Through a relay: no models. */
  readonly isRelayed: boolean
  readonly connectedMs: number
  /** There and back, measured now and then; null before the first time. */
  readonly latencyMs: number | null
  /** Where it says it listens. */
  readonly listen: readonly string[]
}

const MAX_AGENT_CHARS = 64

export function peerFacts(peers: PeerTable): PeerFacts[] {
  return Array.from(peers.entries(), ([peer, admitted]) => factsOf(peer, admitted))
}

function factsOf(peer: Peer, { connection, agent, listen }: AdmittedPeer): PeerFacts {
  const { remoteAddr, direction, timeline, rtt } = connection
  const address = remoteAddr.toString()

  return {
    peer,
    agent: printable(agent, MAX_AGENT_CHARS),
    address: addressOf(address, peer) ?? address,
    direction,
    isRelayed: pathOf(connection) === 'relayed',
    connectedMs: Date.now() - timeline.open,
    latencyMs: rtt ?? null,
    listen
  }
}
