import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { HELLO_PROTOCOL } from '../../src/gossip/hello-service.ts'
import { generateKey } from '../../src/gossip/key.ts'
import { startHostile } from './gossip-hostile-peer.ts'
import { startNode, until } from './gossip-nodes.ts'

describe('two jobs', () => {
  test('both sides name the difference, and are not connected', async () => {
    const alice = await startNode({ job: '{"model":"mlp","rounds":10}' })
    const bob = await startNode({ job: '{"model":"mlp","rounds":20}' })
    const named: string[] = []
    for (const node of [alice, bob]) node.on('job:mismatched', ({ differences }) => named.push(...differences))

    await expect(bob.connect(alice.addresses()[0]!)).rejects.toMatchObject({
      code: 'ERR_JOB_MISMATCH',
      message: 'peer runs another job: rounds: 20 here, 10 there'
    })
    await until(() => named.length === 2)
    expect(named.sort()).toEqual(['rounds: 10 here, 20 there', 'rounds: 20 here, 10 there'])
    expect(alice.peers()).toEqual([])
    expect(bob.peers()).toEqual([])
    expect(alice.isStranger(bob.self)).toBe(true)
    await expect(bob.connect(alice.addresses()[0]!)).rejects.toMatchObject({ code: 'ERR_DIAL_FAILED' })
  })

  test('the node may name differences in its own words, bounded', async () => {
    const compareJobs = (): string[] => ['x'.repeat(1000), '\u001b[31mred']
    const alice = await startNode({ job: '{"a":1}', compareJobs })
    const bob = await startNode({ job: '{"a":2}' })
    const named: string[] = []
    alice.on('job:mismatched', ({ differences }) => named.push(...differences))

    await expect(bob.connect(alice.addresses()[0]!)).rejects.toMatchObject({ code: 'ERR_JOB_MISMATCH' })
    await until(() => named.length === 2)
    expect(named).toEqual([`${'x'.repeat(200)}...`, '?[31mred'])
  })
})

test('who connects and says nothing is closed at the deadline', async () => {
  const victim = await startNode({ limits: { helloTimeoutMs: 200 } })
  const silent = await startHostile()
  const connection = await silent.host.dial(multiaddr(victim.addresses()[0]!))

  await until(() => connection.status !== 'open')
  expect(victim.peers()).toEqual([])
})

test('a hello of garbage is penalised and the connection closed', async () => {
  const victim = await startNode()
  const rejected: string[] = []
  victim.on('peer:rejected', ({ code, verdict }) => rejected.push(`${code} ${verdict}`))
  const mallory = await startHostile()
  const connection = await mallory.host.dial(multiaddr(victim.addresses()[0]!))
  const stream = await connection.newStream(HELLO_PROTOCOL)
  stream.send(Buffer.from('080000000102030405060708', 'hex'))

  await until(() => connection.status !== 'open')
  expect(rejected).toEqual(['ERR_HELLO_MALFORMED penalise'])
})

test('a peer that goes is reported, and found again when it returns', async () => {
  const privateKey = await generateKey()
  const alice = await startNode()
  const bob = await startNode({ privateKey, bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self))
  const events: string[] = []
  alice.on('peer:disconnected', ({ peer }) => events.push(`gone ${peer}`))
  alice.on('peer:connected', ({ peer }) => events.push(`back ${peer}`))

  const [address] = bob.addresses()
  await bob.stop()
  await bob.stop() // once more does no harm
  await until(() => events.length === 1)
  expect(alice.peers()).toEqual([])

  // it dials nobody: alice remembers where it was
  await startNode({ privateKey, listen: [address!.slice(0, address!.indexOf('/p2p/'))] })
  await until(() => events.length === 2)
  expect(events).toEqual([`gone ${bob.self}`, `back ${bob.self}`])
})

test('a peer that opens connection after connection keeps four', async () => {
  const victim = await startNode()
  const mallory = await startHostile()
  await mallory.join(victim)
  // one after another: dials at the same time would share one connection
  for (let i = 0; i < 12; i++) {
    await mallory.host.dial(multiaddr(victim.addresses()[0]!), { force: true }).catch(() => undefined)
  }
  const open = (): number => mallory.host.getConnections().filter(({ status }) => status === 'open').length

  await until(() => open() <= 4)
  expect(victim.peers()).toEqual([mallory.self])
  const other = await startNode({ bootstrap: victim.addresses() })
  await until(() => other.peers().includes(victim.self))
})

test('a stop asked for twice is over when it is over, and the network can start again', async () => {
  const node = await startNode()
  const [address] = node.addresses()
  void node.stop()
  await node.stop()
  await startNode({ listen: [address!.slice(0, address!.indexOf('/p2p/'))] }) // its port is free

  await node.start()
  const other = await startNode({ bootstrap: node.addresses() })
  await until(() => node.peers().includes(other.self))
})

test('a network cannot be used before its start, nor after its stop', async () => {
  const node = await startNode()
  await node.stop()
  await expect(node.publish('models', new Uint8Array(1))).rejects.toMatchObject({ code: 'ERR_NETWORK_STOPPED' })
  await expect(node.pull('x', { hash: '', bytes: 1 })).rejects.toMatchObject({ code: 'ERR_NETWORK_STOPPED' })
})

test('a node that dials itself is told so, and not that the other side does not want it', async () => {
  const alice = await startNode()
  const [address] = alice.addresses()

  await expect(alice.connect(address!.replace(/\/p2p\/.*/, ''))).rejects.toMatchObject({
    code: 'ERR_DIAL_FAILED',
    message: expect.stringContaining('it is this node itself')
  })
})
