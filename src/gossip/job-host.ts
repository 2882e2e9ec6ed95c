import type { ConnectionGater } from '@libp2p/interface'
import { hashTableServices } from './hash-table.ts'
import { createHost, type Host } from './host.ts'
import type { GossipLimits } from './limits.ts'
import { CIRCUIT_LISTEN, DEFAULT_LISTEN, type GossipNetworkInit, listensBeyondLoopback } from './network-init.ts'
import { Punching } from './punching.ts'
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

export interface JobHost {
  host: Host
  /** Where it can listen at relays. */
  places: RelayPlaces | undefined
  punching: Punching
}

/** The libp2p node that these settings ask for, not yet started. */
export async function createJobHost(
  init: GossipNetworkInit,
  { limits, traffic, gater, guard, turnsAway }: JobHostComponents
): Promise<JobHost> {
  const { privateKey, agent, networkKey, announce = [], listen = DEFAULT_LISTEN, relay = false, dht = false } = init
  const hasRelays = init.nat ?? (relay || listensBeyondLoopback(listen))
  const punching = new Punching(init.uniform ?? Math.random)
  const relays = hasRelays ? relayServices({ limits, isRelay: relay, punching }) : undefined
  const table = dht ? await hashTableServices() : {}

  const host = await createHost({
    ...{ privateKey, agent, gater, traffic, limits, guard, announce, turnsAway },
    ...(networkKey === undefined ? {} : { networkKey }),
    listen: listen.filter((address) => address !== CIRCUIT_LISTEN),
    ...(relays === undefined ? {} : { wrapTcp: punching.over, transports: [relays.transport] }),
    services: { ...relays?.services, ...table }
  })

  return { host, places: relays?.places(), punching }
}
