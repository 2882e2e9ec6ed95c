import type { KadDHT } from '@libp2p/kad-dht'
import type { Clock } from '../interface/clock.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { HashTableSearch } from './hash-table.ts'
import type { Host } from './host.ts'
import { LanDiscovery, serviceTag } from './lan-discovery.ts'
import type { GossipLimits } from './limits.ts'
import { CIRCUIT_LISTEN, type GossipNetworkInit } from './network-init.ts'
import type { PeerTable } from './peer-table.ts'
import type { Punching } from './punching.ts'
import { ReachWatch } from './reach-watch.ts'
import { DEFAULT_RECONNECT_POLICY } from './reconnect.ts'
import { RelaySeeker } from './relay-seeker.ts'
import type { RelayPlaces } from './relay-services.ts'
import type { Reports } from './reports.ts'

export interface DiscoveryComponents {
  init: GossipNetworkInit
  host: Host
  peers: PeerTable
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
  reports: Reports
  places: RelayPlaces | undefined
  punching: Punching
  learn: (addresses: readonly string[]) => void
}

/** How this node finds others, and how others find it, beyond the addresses that it was given. */
export class Discovery {
  readonly watch: ReachWatch
  readonly #components: DiscoveryComponents
  readonly #seeker: RelaySeeker | undefined
  readonly #lan: LanDiscovery | undefined
  readonly #table: HashTableSearch | undefined
  #endPunching: (() => void) | undefined

  constructor(all: DiscoveryComponents) {
    const { init, host, reports } = all
    this.#components = all
    const { uniform = Math.random, listen = [], announce = [] } = init
    this.watch = new ReachWatch({
      ...{ host, clock: all.clock },
      announced: announce,
      relayed: () => this.#seeker?.addresses() ?? [],
      onChanged: (reachability, addresses) => reports.reachability(reachability, addresses)
    })

    const isForced = listen.includes(CIRCUIT_LISTEN)
    if (all.places !== undefined) {
      this.#seeker = new RelaySeeker({
        ...{ ...all, places: all.places, policy: DEFAULT_RECONNECT_POLICY, uniform, onError: reports.error },
        anyRelay: isForced,
        isWanted: () => isForced || this.watch.wantsRelay,
        onChanged: this.watch.refresh
      })
    }
    const { addressManager, dht } = host.services
    if (init.mdns === true) {
      const onTrouble = (message: string): void => reports.trouble('local network', message)
      this.#lan = new LanDiscovery({ ...all, addressManager, onTrouble }, serviceTag(init.jobId))
    }
    if (dht !== undefined) {
      const hasPeers = (): boolean => all.peers.list().length > 0
      const parts = { ...all, table: dht as KadDHT, hasPeers, onError: reports.error }
      this.#table = new HashTableSearch(parts, init.jobId)
    }
  }

  /** Call after the host has started. */
  async start(): Promise<void> {
    const { punching, host } = this.#components
    this.#endPunching ??= punching.watch(host)
    this.watch.start()
    this.#seeker?.start()
    this.#table?.start()
    await this.#lan?.start()
  }

  async stop(): Promise<void> {
    this.#table?.stop()
    this.#seeker?.stop()
    this.watch.stop()
    this.#endPunching?.()
    this.#endPunching = undefined
    await this.#lan?.stop()
  }
}
