import { expect, test } from 'vitest'
import { DirectNetwork, type RelayedNetwork } from '../../src/gossip/direct-network.ts'
import type { Peer, PeerPath } from '../../src/interface/network.ts'
import { MemoryHub, type MemoryNetwork } from '../util/memory-network.ts'

/** A network in memory, some of whose peers need a relay. */
class Relayed {
  readonly paths = new Map<Peer, PeerPath>()
  readonly #rerouted = new Set<(detail: { peer: Peer; path: PeerPath }) => void>()
  readonly network: RelayedNetwork

  constructor(inner: MemoryNetwork) {
    this.network = Object.assign(inner, {
      pathOf: (peer: Peer) => this.paths.get(peer) ?? 'direct',
      directPeers: () => inner.peers().filter((peer) => this.paths.get(peer) !== 'relayed'),
      onRerouted: (listener: (detail: { peer: Peer; path: PeerPath }) => void) => {
        this.#rerouted.add(listener)
        return () => this.#rerouted.delete(listener)
      }
    })
  }

  reroute(peer: Peer, path: PeerPath): void {
    this.paths.set(peer, path)
    for (const listener of this.#rerouted) listener({ peer, path })
  }
}

test('peers behind a relay are not there, and come and go as they get and lose another way', () => {
  const hub = new MemoryHub()
  const relayed = new Relayed(hub.join('self'))
  const direct = new DirectNetwork(relayed.network)
  const events: string[] = []
  const ends = [
    direct.on('peer:connected', ({ peer }) => events.push(`+${peer}`)),
    direct.on('peer:disconnected', ({ peer }) => events.push(`-${peer}`))
  ]

  relayed.paths.set('b', 'relayed')
  hub.join('a')
  hub.join('b')
  expect(direct.peers()).toEqual(['a'])
  expect(events).toEqual(['+a'])

  relayed.reroute('b', 'direct')
  expect(direct.peers()).toEqual(['a', 'b'])
  relayed.reroute('a', 'relayed')
  expect(direct.peers()).toEqual(['b'])
  hub.kill('b')
  expect(events).toEqual(['+a', '+b', '-a', '-b'])

  for (const end of ends) end()
  relayed.reroute('a', 'direct')
  hub.join('c')
  expect(events).toHaveLength(4)
})

test('a learner that loses a peer twice hears of it at least once, and no later than it happened', () => {
  const hub = new MemoryHub()
  const relayed = new Relayed(hub.join('self'))
  const gone: string[] = []
  new DirectNetwork(relayed.network).on('peer:disconnected', ({ peer }) => gone.push(peer))
  hub.join('a')
  relayed.reroute('a', 'relayed')
  hub.kill('a')

  expect(gone).toEqual(['a', 'a'])
})
