import { autoNATv2 } from '@libp2p/autonat-v2'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Connection, PeerId, Transport } from '@libp2p/interface'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'
import type { GossipLimits } from './limits.ts'
import type { Punching } from './punching.ts'
import { servingOnly } from './relay-guard.ts'

type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]

/** What a relay has promised. */
export interface RelayPlace {
  reservation: {
    /** Multiaddrs of the relay, the one that we are connected at first. */
    addrs: readonly Uint8Array[]
    /** Seconds since 1970. */
    expire: bigint
  }
}

/** The part of libp2p's relay client that asks relays for a place, and asks again before it runs out. */
export interface RelayPlaces extends EventTarget {
  addRelay: (relay: PeerId, type: 'configured') => Promise<{ details: RelayPlace }>
  hasReservation: (relay: PeerId) => boolean
  /** Relays that once failed, as libp2p believes for ever. */
  relayFilter: { remove?: (relay: Uint8Array) => unknown }
}

export interface RelayServices {
  transport: TransportFactory
  services: ServiceFactoryMap
  /** Known when the host has been made. */
  places: () => RelayPlaces | undefined
}

export interface RelayServicesInit {
  limits: GossipLimits
  /** Serves others as a relay. */
  isRelay: boolean
  punching: Punching
}

/**
 * Ways round routers: connections through relays, hole punching from there, and peers that dial back to tell us whether we
 * can be reached. `isRelay` adds the other side of it.
 */
export function relayServices({ limits, isRelay, punching }: RelayServicesInit): RelayServices {
  let places: RelayPlaces | undefined
  const isOurs = ({ remotePeer }: Connection): boolean => places?.hasReservation(remotePeer) ?? false
  const client = circuitRelayTransport({
    maxInboundStopStreams: limits.maxRelayedStreams,
    maxOutboundStopStreams: limits.maxRelayedStreams,
    reservationCompletionTimeout: limits.messageTimeoutMs
  })
  const server = circuitRelayServer({
    maxInboundHopStreams: limits.maxRelayedStreams,
    maxOutboundStopStreams: limits.maxRelayedStreams,
    reservations: {
      maxReservations: limits.maxRelayPlaces,
      defaultDataLimit: BigInt(limits.relayedBytes),
      defaultDurationLimit: limits.relayedMs
    }
  })

  return {
    transport: (components) => {
      const transport = client(servingOnly(components, isOurs))
      places = placesOf(transport)

      return transport
    },
    services: {
      autoNAT: autoNATv2({ maxInboundStreams: 1 }),
      dcutr: punching.service,
      ...(isRelay ? { relay: freeing(server) } : {})
    },
    places: () => places
  }
}

/**
 * libp2p's relay keeps the place of a peer that has left for two hours: names that come and go would take them all. The
 * peer asks for one when it comes back.
 */
function freeing(make: ReturnType<typeof circuitRelayServer>): ServiceFactoryMap[string] {
  return (components) => {
    const relay = make(components)
    components.events.addEventListener('peer:disconnect', ({ detail: peer }: CustomEvent<PeerId>) => {
      relay.reservations.get(peer)?.signal.clear() // or it would end the next one in two hours
      relay.reservations.delete(peer)
    })

    return relay
  }
}

/** libp2p has no public way to ask one chosen relay for a place, and to hear when it is lost. */
function placesOf(transport: Transport): RelayPlaces {
  const { reservationStore } = transport as Transport & { reservationStore?: RelayPlaces }
  if (typeof reservationStore?.addRelay !== 'function') throw new Error('@libp2p/circuit-relay-v2 has changed')

  return reservationStore
}
