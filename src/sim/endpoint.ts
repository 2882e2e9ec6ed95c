import type { MessageHandler, NetworkEvents, Peer, ProtocolHandlers, Traffic } from '../interface/network.ts'
import type { WaitKind } from '../interface/waits.ts'
import type { LatencyEnd } from './latency.ts'
import type { Bandwidth } from './link-spec.ts'
import { ModelStore } from './model-store.ts'
import type { Pull } from './pull.ts'

type Listeners = { readonly [K in keyof NetworkEvents]: Set<(detail: NetworkEvents[K]) => void> }

/** Something that depends on another node, and breaks off with it. */
export interface Dependent {
  readonly to: Endpoint
  breakOff(): void
}

/** A request or pull that waits for another node. */
export interface Exchange extends Dependent {
  readonly waitKind: WaitKind
  readonly what: string
  readonly sinceMs: number
  readonly untilMs: number
}

export interface EndpointInit {
  slot: number
  peer: Peer
  nameHash: number
  bytesPerSecond: Bandwidth
  group: number
  /** Models on offer at a time. @default as many as a real node may have */
  maxOffers?: number | undefined
}

/** One life of a node: what the network keeps of it. A node that comes back is another endpoint in the same slot. */
export class Endpoint implements LatencyEnd {
  readonly slot: number
  readonly peer: Peer
  readonly nameHash: number
  readonly bytesPerSecond: Bandwidth
  /** See `World.setGroups`. */
  group: number
  readonly traffic: Traffic = { sent: 0, received: 0 }
  readonly models: ModelStore
  readonly handlers = new Map<string, ProtocolHandlers>()
  readonly topics = new Map<string, Set<MessageHandler>>()
  readonly listeners: Listeners = {
    'peer:connected': new Set(),
    'peer:disconnected': new Set(),
    'peer:rejected': new Set()
  }
  /** Requests and pulls that wait for others. */
  readonly exchanges = new Set<Exchange>()
  /** Requests of others whose handlers have not answered. */
  readonly serving = new Set<Dependent>()
  /** Models under way to this node, by what makes them the same transfer. */
  readonly pulls = new Map<string, Pull>()
  /** Models under way to others: their slots, one entry each. Short, see `limits.ts`. */
  readonly served: number[] = []
  /** When the links are free for something large. */
  upFreeMs = 0
  downFreeMs = 0
  /** Infinity while it lives. */
  endedMs = Number.POSITIVE_INFINITY
  /** By slot: 1 for connected peers. A byte each, as a thousand nodes have a million of them. */
  #connected = new Uint8Array(0)
  #peers: readonly Peer[] | undefined

  constructor({ slot, peer, nameHash, bytesPerSecond, group, maxOffers }: EndpointInit) {
    this.slot = slot
    this.peer = peer
    this.nameHash = nameHash
    this.bytesPerSecond = bytesPerSecond
    this.group = group
    this.models = new ModelStore(maxOffers)
  }

  get isAlive(): boolean {
    return this.endedMs === Number.POSITIVE_INFINITY
  }

  isConnected(slot: number): boolean {
    return this.#connected[slot] === 1
  }

  /** @returns whether that is new */
  setConnected(slot: number, isConnected: boolean): boolean {
    if (this.isConnected(slot) === isConnected) return false

    if (slot >= this.#connected.length) {
      const grown = new Uint8Array(Math.max(16, 2 * slot))
      grown.set(this.#connected)
      this.#connected = grown
    }
    this.#connected[slot] = isConnected ? 1 : 0
    this.#peers = undefined

    return true
  }

  /** Sorted. @param sorted - all nodes there ever were, sorted by name */
  peers(sorted: readonly { readonly peer: Peer; readonly slot: number }[]): readonly Peer[] {
    if (this.#peers === undefined) {
      const peers: Peer[] = []
      for (const { peer, slot } of sorted) if (this.#connected[slot] === 1) peers.push(peer)
      this.#peers = Object.freeze(peers)
    }

    return this.#peers
  }
}
