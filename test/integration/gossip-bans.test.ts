import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { generateKey } from '../../src/gossip/key.ts'
import { startNode, until } from './gossip-nodes.ts'

/** An operator's list, as the network asks it. */
function banList() {
  const banned = new Set<string>()

  return {
    banned,
    bans: { isBanned: (peer: string) => banned.has(peer), isBannedAddress: (ip: string) => banned.has(ip) }
  }
}

test('a banned peer is disconnected at once, does not come back, is not dialled, and nothing of it is heard', async () => {
  const { banned, bans } = banList()
  const alice = await startNode({ bans })
  const key = await generateKey()
  const mallory = await startNode({ privateKey: key, bootstrap: alice.addresses() })
  const bob = await startNode({ bootstrap: alice.addresses() })
  await until(() => [alice, mallory, bob].every((node) => node.peers().length === 2))
  const heard: string[] = []
  alice.subscribe('models', (from) => {
    heard.push(from)
  })
  bob.subscribe('models', () => undefined)

  banned.add(mallory.self)
  alice.shutOut(mallory.self)
  await until(() => alice.peers().length === 1)
  await expect(alice.connect(mallory.addresses()[0]!)).rejects.toMatchObject({ code: 'ERR_DIAL_FAILED' })
  await until(() => (alice.stats().refusals['ERR_PEER_BANNED'] ?? 0) > 0) // it has tried

  // bob, who has not banned it, hands on what it says
  for (let i = 0; heard.length < 3; i++) {
    expect(i).toBeLessThan(200)
    await mallory.publish('models', Uint8Array.of(1))
    await bob.publish('models', Uint8Array.of(2))
    await delay(30) // an author has 50 a second
  }
  expect(new Set(heard)).toEqual(new Set([bob.self]))
  expect(alice.peers()).toEqual([bob.self])

  banned.clear()
  await mallory.connect(alice.addresses()[0]!)
  await until(() => alice.peers().includes(mallory.self))
})

test('from a banned address nobody gets as far as a handshake, and who is in is thrown out', async () => {
  const { banned, bans } = banList()
  const alice = await startNode({ bans })
  const bob = await startNode({ bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self))

  banned.add('127.0.0.1')
  alice.shutOut('127.0.0.1')
  await until(() => alice.peers().length === 0)
  const carol = await startNode()
  await expect(carol.connect(alice.addresses()[0]!)).rejects.toMatchObject({ code: 'ERR_DIAL_FAILED' })
  expect(alice.stats().refusals['ERR_ADDRESS_BANNED']).toBeGreaterThan(0)
})
