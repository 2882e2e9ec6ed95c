import type { ConnectionGater } from '@libp2p/interface'
import { hashTableServices } from './hash-table.ts'
import { createHost, type Host } from './host.ts'
import type { GossipLimits } from './limits.ts'
import { CIRCUIT_LISTEN, DEFAULT_LISTEN, type GossipNetworkInit, listensBeyondLoopback } from './network-init.ts'
import { type RelayPlaces, relayServices } from './relay-services.ts'
import type { StreamGuard } from './stream-guard.ts'
import type { TrafficMeter } from './traffic.ts'

export interface JobHostComponents {
  limits: GossipLimits
  traffic: TrafficMeter
  gater: ConnectionGater
  /** Who may open streams. */
  guard: StreamGuard
  /** Whose sockets to close at once. */
  turnsAway: (ip: string) => boolean
}

/** The libp2p node that these settings ask for, not yet started. `places` where it can listen at relays. */
export async function createJobHost(
  init: GossipNetworkInit,
  { limits, traffic, gater, guard, turnsAway }: JobHostComponents
): Promise<{ host: Host; places: RelayPlaces | undefined }> {
  const { privateKey, agent, networkKey, announce = [], listen = DEFAULT_LISTEN, relay = false, dht = false } = init
  const hasRelays = init.nat ?? (relay || listensBeyondLoopback(listen))
  const relays = hasRelays ? relayServices({ limits, isRelay: relay }) : undefined
  const table = dht ? hashTableServices() : {}

  const host = await createHost({
    ...{ privateKey, agent, gater, traffic, limits, guard, announce, turnsAway },
    ...(networkKey === undefined ? {} : { networkKey }),
    listen: listen.filter((address) => address !== CIRCUIT_LISTEN),
    transports: relays === undefined ? [] : [relays.transport],
    services: { ...relays?.services, ...table }
  })

  return { host, places: relays?.places() }
}
