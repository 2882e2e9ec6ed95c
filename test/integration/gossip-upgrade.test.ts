import { expect, test, vi } from 'vitest'
import type { GossipEvents } from '../../src/gossip/network.ts'
import { startNode, until, untilHeard } from './gossip-nodes.ts'

vi.setConfig({ testTimeout: 60_000 })

const note = Uint8Array.of(1)

test('a direct connection takes the place of one through a relay, and everything goes on over it', async () => {
  // tells nobody of others: so the two meet through it and not otherwise
  const relay = await startNode({ relay: true, exchange: false })
  const a = await startNode({ listen: ['/p2p-circuit'], bootstrap: relay.addresses() })
  await until(() => relay.peers().includes(a.self) && a.reachability() === 'relay-only')
  const b = await startNode({ nat: true, exchange: false })
  await b.connect(a.addresses()[0]!)
  expect(b.pathOf(a.self)).toBe('relayed')

  const heard: string[] = []
  const rerouted: GossipEvents['peer:rerouted'][] = []
  const present: string[] = []
  b.on('peer:rerouted', (detail) => rerouted.push(detail))
  b.forModels().on('peer:connected', ({ peer }) => present.push(peer))
  for (const node of [a, b]) node.subscribe('news', (from) => void heard.push(from))
  const bothHeard = (): boolean => heard.includes(a.self) && heard.includes(b.self)
  const announce = (): Promise<unknown> => Promise.all([a.publish('news', note), b.publish('news', note)])
  await untilHeard(bothHeard, announce)

  // a learns where b listens
  await a.connect(b.addresses()[0]!)
  await until(() => a.pathOf(b.self) === 'direct' && b.pathOf(a.self) === 'direct')
  expect(rerouted).toEqual([{ peer: a.self, path: 'direct' }])
  expect(present).toEqual([a.self])
  await until(() => a.reachability() === 'hole-punched')
  const offered = a.offer(note)
  expect(await b.pull(a.self, offered)).toEqual(note)

  heard.length = 0
  await untilHeard(bothHeard, announce)
})
