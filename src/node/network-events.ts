import type { GossipNetwork } from '../gossip/network.ts'
import type { Unsubscribe } from '../interface/network.ts'
import type { NodeEventSink } from './events.ts'

/** What happens in a node's network, as events of the node. */
export function forwardNetworkEvents(network: GossipNetwork, emit: NodeEventSink): Unsubscribe[] {
  return [
    network.on('peer:connected', (detail) => emit({ event: 'peer:connected', ...detail })),
    network.on('peer:rerouted', (detail) => emit({ event: 'peer:rerouted', ...detail })),
    network.on('reachability:changed', (detail) => emit({ event: 'reachability:changed', ...detail })),
    network.on('peer:disconnected', ({ peer }) => emit({ event: 'peer:disconnected', peer })),
    network.on('peer:rejected', (detail) => emit({ event: 'peer:rejected', ...detail })),
    network.on('strangers:refused', ({ counts }) => emit({ event: 'strangers:refused', counts: { ...counts } })),
    network.on('job:mismatched', ({ peer, differences }) =>
      emit({ event: 'job:mismatched', peer, differences: [...differences] })
    )
  ]
}
