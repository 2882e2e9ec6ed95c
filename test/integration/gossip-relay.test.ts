import { expect, test, vi } from 'vitest'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { startNode, until, untilHeard } from './gossip-nodes.ts'

vi.setConfig({ testTimeout: 60_000 })

const note = Uint8Array.of(1, 2, 3)
/** Handshakes of several connections, one after another, on whatever else the machine does. */
const PATIENCE_MS = 30_000

/** A relay, and two nodes that listen nowhere but there. */
async function startRelayed(): Promise<{ relay: GossipNetwork; a: GossipNetwork; b: GossipNetwork }> {
  const relay = await startNode({ relay: true })
  const behind = { listen: ['/p2p-circuit'], bootstrap: relay.addresses() }
  const [a, b] = await Promise.all([startNode(behind), startNode(behind)])
  await until(() => a.pathOf(b.self) === 'relayed' && b.pathOf(a.self) === 'relayed', PATIENCE_MS)

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
  await untilHeard(
    () => heard.length >= 2,
    () => a.publish('news', note)
  )
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

test('a connection through a relay that has reached its limit is made anew', async () => {
  // what two hellos and what comes with them need, several times over
  const relay = await startNode({ relay: true, limits: { relayedBytes: 48 * 1024 } })
  const behind = { listen: ['/p2p-circuit'], bootstrap: relay.addresses() }
  const [a, b] = await Promise.all([startNode(behind), startNode(behind)])
  await until(() => a.pathOf(b.self) === 'relayed' && b.pathOf(a.self) === 'relayed', PATIENCE_MS)
  b.handle('echo', { request: async (_from, bytes) => bytes })
  const events: string[] = []
  a.on('peer:disconnected', ({ peer }) => events.push(`gone ${peer}`))
  a.on('peer:connected', ({ peer, path }) => events.push(`back ${peer} ${path}`))

  await a.request(b.self, 'echo', new Uint8Array(60 * 1024)).catch(() => undefined)
  await until(() => events.length >= 2)
  expect(events.slice(0, 2)).toEqual([`gone ${b.self}`, `back ${b.self} relayed`])
  expect(await a.request(b.self, 'echo', note)).toEqual(note)
})

test('when its relay goes, a node takes a place at another, and tells its peers', async () => {
  const [first, second] = [await startNode({ relay: true }), await startNode({ relay: true })]
  const a = await startNode({ listen: ['/p2p-circuit'], bootstrap: first.addresses(), limits: { maxRelays: 1 } })
  await until(() => a.addresses().length === 1)
  const changed: (readonly string[])[] = []
  a.on('reachability:changed', ({ addresses }) => changed.push(addresses))
  await a.connect(second.addresses()[0]!)

  await first.stop()
  const through = `${second.addresses()[0]}/p2p-circuit/p2p/${a.self}`
  await until(() => a.addresses()[0] === through)
  expect(changed).toEqual([[], [through]])

  // whoever comes to the second relay hears of it there
  const late = await startNode({ nat: true, bootstrap: second.addresses() })
  await until(() => late.peers().includes(a.self))
})
