import type { Connection } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { scopeOf } from './address-scope.ts'
import type { Host } from './host.ts'
import { addressesForOthers, virtualHosts } from './own-addresses.ts'
import { pathOf } from './peer-table.ts'
import {
  isFromOutside,
  type Path,
  type Reachability,
  type ReachabilityFacts,
  reachabilityOf,
  wantsRelay
} from './reachability.ts'

export interface ReachWatchComponents {
  host: Host
  clock: Clock
  /** What the operator says of where others find this node; empty for nothing. */
  announced: readonly string[]
  /** Addresses through relays that keep a place for it. */
  relayed: () => readonly string[]
  /** The verdict, or the addresses to give to others, are others now. */
  onChanged: (reachability: Reachability, addresses: readonly string[]) => void
}

/** Who opens many connections shall not make this node look as often. */
const REST_MS = 1000

/** Knows at any moment where others can reach this node, and says when that changes. */
export class ReachWatch {
  readonly #components: ReachWatchComponents
  readonly #self: string
  /** Connections that took the place of one through a relay. */
  readonly #upgrades = new WeakSet<Connection>()
  /** Somebody came from outside since this node's own addresses changed last. */
  #wasReached = false
  #ownKey = ''
  #last = ''
  #lookedMs = Number.NEGATIVE_INFINITY
  /** A look is due. */
  #isDue = false
  #stop = new AbortController()

  constructor(components: ReachWatchComponents) {
    this.#components = components
    this.#self = components.host.peerId.toString()
  }

  start(): void {
    const { host } = this.#components
    this.#stop = new AbortController()
    host.addEventListener('connection:open', this.#onOpen)
    host.addEventListener('connection:close', this.#soon)
    host.addEventListener('self:peer:update', this.refresh)
    this.#last = this.#key()
  }

  stop(): void {
    const { host } = this.#components
    host.removeEventListener('connection:open', this.#onOpen)
    host.removeEventListener('connection:close', this.#soon)
    host.removeEventListener('self:peer:update', this.refresh)
    this.#stop.abort()
  }

  get reachability(): Reachability {
    return reachabilityOf(this.#facts())
  }

  /** A place at a relay would help. */
  get wantsRelay(): boolean {
    return wantsRelay(this.#facts())
  }

  /** To give to others, each ending in our id, best first. */
  addresses(): string[] {
    const { announced, relayed } = this.#components
    const own = announced.length > 0 ? announced.map((address) => this.#named(address)) : this.#listening()

    return addressesForOthers([...own, ...relayed()], virtualHosts())
  }

  /** Looks again; says so when something has changed. */
  readonly refresh = (): void => {
    this.#lookedMs = this.#components.clock.now()
    const ownKey = this.#listening().join()
    if (ownKey !== this.#ownKey) this.#wasReached = false
    this.#ownKey = ownKey
    this.#wasReached ||= this.#paths().some(isFromOutside)

    const key = this.#key()
    if (key === this.#last) return
    this.#last = key
    this.#components.onChanged(this.reachability, this.addresses())
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    const others = this.#components.host.getConnections(connection.remotePeer)
    if (pathOf(connection) === 'direct' && others.some((other) => pathOf(other) === 'relayed')) {
      this.#upgrades.add(connection)
    }
    // it may be gone by the time of the next look
    this.#wasReached ||= isFromOutside(this.#path(connection))
    this.#soon()
  }

  /** Looks again, now or when it has rested. */
  readonly #soon = (): void => {
    const { clock } = this.#components
    if (this.#isDue) return

    const restMs = this.#lookedMs + REST_MS - clock.now()
    if (restMs <= 0) {
      this.refresh()
      return
    }
    this.#isDue = true
    const { signal } = this.#stop
    const look = (): void => {
      this.#isDue = false
      if (!signal.aborted) this.refresh()
    }
    clock.sleep(restMs, { signal }).then(look, look)
  }

  #key(): string {
    return [this.reachability, ...this.addresses()].join()
  }

  #facts(): ReachabilityFacts {
    const { host, announced, relayed } = this.#components
    const known = host.services.addressManager.getAddressesWithMetadata()
    const isConfirmed = known.some(
      ({ multiaddr, verified, type }) => verified && type !== 'announce' && scopeOf(multiaddr.toString()) === 'public'
    )

    return {
      listen: this.#listening().map(scopeOf),
      isAnnounced: announced.length > 0,
      isConfirmed,
      wasReached: this.#wasReached,
      paths: this.#paths(),
      relays: new Set(relayed()).size
    }
  }

  #paths(): Path[] {
    const open = this.#components.host.getConnections().filter(({ status }) => status === 'open')

    return open.map((connection) => this.#path(connection))
  }

  #path(connection: Connection): Path {
    return {
      kind: pathOf(connection),
      direction: connection.direction,
      scope: scopeOf(connection.remoteAddr.toString()),
      isUpgrade: this.#upgrades.has(connection)
    }
  }

  /** What the machine's interfaces and its router are known to lead to. */
  #listening(): string[] {
    const known = this.#components.host.services.addressManager.getAddressesWithMetadata()
    const usable = known.filter(({ type, verified }) => type === 'transport' || (verified && type !== 'announce'))

    return usable
      .map(({ multiaddr }) => this.#named(multiaddr.toString()))
      .filter((address) => scopeOf(address) !== 'relayed')
  }

  #named(address: string): string {
    return address.includes(`/p2p/${this.#self}`) ? address : `${address}/p2p/${this.#self}`
  }
}
