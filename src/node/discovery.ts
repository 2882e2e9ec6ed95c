import { type GossipNetworkInit, listensBeyondLoopback } from '../gossip/network-init.ts'

export { describeReachability } from '../gossip/reachability.ts'

/** `auto`: where the node listens beyond its own machine. */
export type AutoSwitch = 'auto' | 'on' | 'off'

/** How a node finds others and is found, beside the addresses that it is given. */
export interface DiscoverySettings {
  /** Multiaddrs to give to others instead of those that the node listens on. */
  announce: readonly string[]
  /** Multicast on the local network. */
  mdns: AutoSwitch
  /** Relays, hole punching, dial-backs. */
  nat: AutoSwitch
  dht: boolean
  /** Serves others as relay. */
  relay: boolean
}

/** Of a node that is found by address alone. */
export const NO_DISCOVERY: Readonly<DiscoverySettings> = Object.freeze({
  announce: [],
  mdns: 'off',
  nat: 'auto',
  dht: false,
  relay: false
})

type NetworkDiscovery = Required<Pick<GossipNetworkInit, 'announce' | 'mdns' | 'nat' | 'dht' | 'relay'>>

export function networkDiscovery(listen: readonly string[], settings: DiscoverySettings): NetworkDiscovery {
  const { announce, mdns, nat, dht, relay } = settings
  const isOn = (choice: AutoSwitch): boolean =>
    choice === 'on' || (choice === 'auto' && (listen.length === 0 || listensBeyondLoopback(listen)))

  return { announce, mdns: isOn(mdns), nat: isOn(nat) || relay, dht, relay }
}
