import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import { MAX_ADDRESS_CHARS } from '../wire/limits.ts'
import { scopeOf } from './address-scope.ts'
import { parseAddress } from './addresses.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Host } from './host.ts'
import type { GossipLimits } from './limits.ts'
import { type PeerTable, pathOf } from './peer-table.ts'
import { backoffMs, type ReconnectPolicy } from './reconnect.ts'
import type { RelayPlaces } from './relay-services.ts'

export interface RelaySeekerComponents {
  host: Host
  places: RelayPlaces
  peers: PeerTable
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
  policy: ReconnectPolicy
  /** Random numbers of [0, 1). */
  uniform: () => number
  /** Others far away can't reach us. */
  isWanted: () => boolean
  /** Any peer will do as a relay, also one on our own network. */
  anyRelay: boolean
  /** The addresses through relays are others now. */
  onChanged: () => void
  onError: (error: unknown) => void
}

/** How often to look whether a place is wanted and can be had. */
const LOOK_MS = 1_000
/** Addresses of one relay that we give to others: who knows the relay already needs none. */
const ADDRESSES_PER_RELAY = 2
/** Relays remembered for having refused us. */
const MAX_REFUSALS = 64

/**
 * Keeps a node that can't be reached at the addresses of relays among its peers: asks for places, one relay after another,
 * and replaces those that are lost.
 */
export class RelaySeeker {
  readonly #components: RelaySeekerComponents
  /** Addresses through each relay that has a place for us; bounded by `maxRelays`. */
  readonly #held = new Map<Peer, readonly string[]>()
  readonly #refusals = new BoundedMap<Peer, { failures: number; dueMs: number }>(MAX_REFUSALS)
  #running: AbortController | undefined

  constructor(components: RelaySeekerComponents) {
    this.#components = components
  }

  /** Relays that keep a place for us. */
  get size(): number {
    return this.#held.size
  }

  /** Where others find us through them, each ending in our id. */
  addresses(): string[] {
    return [...this.#held.values()].flat()
  }

  start(): void {
    if (this.#running !== undefined) return

    this.#running = new AbortController()
    this.#components.places.addEventListener('relay:removed', this.#onLost)
    this.#loop(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  stop(): void {
    this.#running?.abort(new Error('the network has stopped'))
    this.#running = undefined
    this.#components.places.removeEventListener('relay:removed', this.#onLost)
    for (const relay of [...this.#held.keys()]) this.#drop(relay)
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, isWanted, limits, onError } = this.#components
    for (;;) {
      await clock.sleep(LOOK_MS, { signal })
      if (!isWanted() || this.#held.size >= limits.maxRelays) continue

      const relay = await this.#choose()
      if (relay !== undefined) await this.#ask(relay, signal).catch(onError)
    }
  }

  /** A peer that serves as relay, has not refused lately, and can itself be reached from where others are. */
  async #choose(): Promise<Connection | undefined> {
    const { peers, clock, anyRelay } = this.#components
    const now = clock.now()
    for (const [peer, { connection }] of peers.entries()) {
      const isReachable = anyRelay || scopeOf(connection.remoteAddr.toString()) === 'public'
      const isDue = now >= (this.#refusals.get(peer)?.dueMs ?? 0)
      if (this.#held.has(peer) || !isReachable || !isDue || pathOf(connection) === 'relayed') continue
      if (await this.#isRelay(connection)) return connection
    }
    return undefined
  }

  async #isRelay({ remotePeer }: Connection): Promise<boolean> {
    try {
      const { protocols } = await this.#components.host.peerStore.get(remotePeer)
      return protocols.includes(RELAY_V2_HOP_CODEC)
    } catch {
      return false // it has left
    }
  }

  async #ask(connection: Connection, signal: AbortSignal): Promise<void> {
    const { places, waits, limits, onChanged } = this.#components
    const id = connection.remotePeer
    const relay = id.toString()
    places.relayFilter.remove?.(id.toMultihash().bytes)
    const timeoutMs = 2 * limits.messageTimeoutMs
    const spec: WaitSpec = { kind: 'answer', what: `a place at relay ${relay}`, from: [relay], timeoutMs }
    try {
      const { details } = await waits.run(spec, async () => places.addRelay(id, 'configured'), { signal })
      const addresses = this.#through(relay, details.reservation.addrs)
      if (addresses.length === 0)
        throw new CodedError('ERR_RELAY_REFUSED', 'the relay has no address of use', { relay })
      this.#refusals.delete(relay)
      this.#held.set(relay, addresses)
      this.#publish(addresses)
      onChanged()
    } catch (error) {
      signal.throwIfAborted()
      this.#refused(relay)
      throw error
    }
  }

  /** The relay's words are hostile until looked at. */
  #through(relay: Peer, told: readonly Uint8Array[]): string[] {
    const { host, anyRelay } = this.#components
    const self = host.peerId.toString()
    const addresses: string[] = []
    for (const bytes of told) {
      const at = textOf(bytes)
      if (at === undefined || parseAddress(at)?.peer !== relay) continue

      const address = `${at}/p2p-circuit/p2p/${self}`
      const isUsable = address.length <= MAX_ADDRESS_CHARS && (anyRelay || scopeOf(at) === 'public')
      if (isUsable && addresses.length < ADDRESSES_PER_RELAY) addresses.push(address)
    }
    return addresses
  }

  /** To whoever asks libp2p where we are: the hash table, for one. */
  #publish(addresses: readonly string[]): void {
    const { addressManager } = this.#components.host.services
    for (const address of addresses) {
      addressManager.confirmObservedAddr(multiaddr(address), { type: 'observed', ttl: Number.MAX_SAFE_INTEGER })
    }
  }

  readonly #onLost = (event: Event): void => {
    const { relay } = (event as CustomEvent<{ relay: Connection['remotePeer'] }>).detail
    if (this.#drop(relay.toString())) this.#components.onChanged()
  }

  #drop(relay: Peer): boolean {
    const { addressManager } = this.#components.host.services
    for (const address of this.#held.get(relay) ?? []) addressManager.removeObservedAddr(multiaddr(address))

    return this.#held.delete(relay)
  }

  #refused(relay: Peer): void {
    const { clock, policy, uniform } = this.#components
    const failures = (this.#refusals.get(relay)?.failures ?? 0) + 1
    const delayMs = backoffMs({ failures, isProven: false, uniform: uniform() }, policy)
    this.#refusals.set(relay, { failures, dueMs: clock.now() + delayMs })
  }
}

/** Undefined for bytes that are no multiaddr. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return multiaddr(bytes).toString()
  } catch {
    return undefined
  }
}
