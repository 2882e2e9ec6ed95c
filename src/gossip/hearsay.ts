import type { Peer } from '../interface/network.ts'
import { scopeOf } from './address-scope.ts'
import { parseAddress } from './addresses.ts'
import type { Dialer } from './dialer.ts'
import type { PeerTable } from './peer-table.ts'

export interface HearsayComponents {
  peers: PeerTable
  dialer: Dialer
  /** This node listens to its own machine only: so do those that it can meet. */
  isLocal: boolean
  /** Believes what peers tell of others. */
  believesOthers: boolean
}

/**
 * What is said of where nodes are. All of it may be made up: it is bounded by whoever decoded it, goes into the book of
 * addresses, and is tried when its turn comes.
 */
export class Hearsay {
  readonly #components: HearsayComponents

  constructor(components: HearsayComponents) {
    this.#components = components
  }

  /** A peer told where itself and others are. */
  fromPeer(addresses: readonly string[], from: Peer): void {
    const { peers, dialer, isLocal, believesOthers } = this.#components
    const own = addresses.filter((address) => parseAddress(address)?.peer === from)
    if (own.length > 0) peers.relocate(from, own)

    const at = peers.get(from)?.connection.remoteAddr.toString()
    const isNear = isLocal || (at !== undefined && scopeOf(at) === 'loopback')
    dialer.learn((believesOthers ? addresses : own).filter((address) => isNear || !isLoopback(address)))
  }

  /** Nobody in particular told: the local network, or the hash table. */
  readonly fromNobody = (addresses: readonly string[]): void => {
    const { dialer, isLocal } = this.#components
    dialer.learn(addresses.filter((address) => isLocal || !isLoopback(address)))
  }
}

/** On another machine such an address leads to that machine itself. */
function isLoopback(address: string): boolean {
  return scopeOf(address) === 'loopback'
}
