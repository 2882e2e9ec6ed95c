import { expect, test } from 'vitest'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { startNode, until } from './gossip-nodes.ts'

const note = Uint8Array.of(1, 2, 3)

/** A relay, and two nodes that listen nowhere but there. */
async function startRelayed(): Promise<{ relay: GossipNetwork; a: GossipNetwork; b: GossipNetwork }> {
  const relay = await startNode({ relay: true })
  const behind = { listen: ['/p2p-circuit'], bootstrap: relay.addresses() }
  const [a, b] = await Promise.all([startNode(behind), startNode(behind)])
  await until(() => a.pathOf(b.self) === 'relayed' && b.pathOf(a.self) === 'relayed')

  return { relay, a, b }
}

test('two nodes that listen nowhere meet at a relay, and both say so', async () => {
  const { relay, a, b } = await startRelayed()

  expect(a.reachability()).toBe('relay-only')
  expect(b.reachability()).toBe('relay-only')
  const through = `${relay.addresses()[0]}/p2p-circuit/p2p/${a.self}`
  expect(a.addresses()).toEqual([through])
  expect(a.pathOf(relay.self)).toBe('direct')
  expect(a.peers()).toEqual([b.self, relay.self].sort())
})

test('a relay carries messages, requests and announcements, and no models', async () => {
  const { a, b } = await startRelayed()
  const heard: string[] = []
  b.handle('note', { message: (from) => void heard.push(`message of ${from}`) })
  b.handle('double', { request: async (_from, bytes) => bytes.map((byte) => 2 * byte) })
  b.subscribe('news', (from) => void heard.push(`news of ${from}`))
  a.subscribe('news', () => undefined)

  await a.send(b.self, 'note', note)
  expect(await a.request(b.self, 'double', note)).toEqual(Uint8Array.of(2, 4, 6))
  await until(() => {
    void a.publish('news', note) // gossipsub drops it until it has heard of the subscription
    return heard.length >= 2
  })
  expect(new Set(heard)).toEqual(new Set([`message of ${a.self}`, `news of ${a.self}`]))

  const offered = b.offer(note)
  await expect(a.pull(b.self, offered)).rejects.toMatchObject({ code: 'ERR_MODEL_RELAYED' })
})

test('for a learner of models the peer behind the relay is not there', async () => {
  const { relay, a, b } = await startRelayed()

  expect(a.forModels().peers()).toEqual([relay.self])
  expect(b.forModels().peers()).toEqual([relay.self])
  expect(relay.forModels().peers()).toEqual([a.self, b.self].sort())
})
