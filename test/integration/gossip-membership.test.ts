import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { closeStream } from '../../src/gossip/close-stream.ts'
import { readFrame, writeFrame } from '../../src/gossip/frame.ts'
import { HELLO_PROTOCOL } from '../../src/gossip/hello-service.ts'
import { generateKey, peerOf } from '../../src/gossip/key.ts'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { decodeHello, encodeHello, type Hello } from '../../src/wire/hello-codec.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { type HostilePeer, startHostile } from './gossip-hostile-peer.ts'
import { type InvitedSwarm, invitedSwarm } from './gossip-invited.ts'
import { JOB, jobIdOf, startNode, until } from './gossip-nodes.ts'
import { PUBSUB_PROTOCOL, rpc, signed } from './gossip-rpc.ts'

const DAY = 86_400

/** Says hello with what it has, and returns what it is told. */
async function knock(
  { host }: HostilePeer,
  victim: GossipNetwork,
  invitation?: Uint8Array
): Promise<{ connection: Connection; answer: Hello }> {
  const connection = await host.dial(multiaddr(victim.addresses()[0]!))
  const stream = await connection.newStream(HELLO_PROTOCOL)
  const hello = { jobId: jobIdOf(JOB), jobJson: JOB, agent: 'mallory/1', listen: [], known: [] }
  await writeFrame(stream, encodeHello({ ...hello, ...(invitation === undefined ? {} : { invitation }) }))
  const answer = decodeHello(await readFrame(stream, { maxBytes: 65_536 }))
  await closeStream(stream)

  return { connection, answer }
}

function rejections(node: GossipNetwork): string[] {
  const codes: string[] = []
  node.on('peer:rejected', ({ peer, code }) => codes.push(`${peer} ${code}`))

  return codes
}

/** With the last byte but the signature's changed: the rights. */
function withRights(token: Uint8Array, rights: number): Uint8Array {
  const changed = Uint8Array.from(token)
  changed[changed.byteLength - 65] = rights

  return changed
}

test('invited nodes find one another; the owner needs no invitation, nor who is on the list', async () => {
  const listed = await generateKey()
  const swarm = await invitedSwarm([peerOf(listed)])
  const alice = await swarm.start()
  const bootstrap = alice.addresses()
  const bob = await swarm.start({ bootstrap })
  const owner = await startNode({ bootstrap, privateKey: swarm.owner, membership: swarm.membership() })
  const carol = await startNode({ bootstrap, privateKey: listed, membership: swarm.membership() })

  await until(() => [alice, bob, carol, owner].every((node) => node.peers().length === 3), 30_000)
}, 60_000)

const now = Math.floor(Date.now() / 1000)
const attempts: {
  id: string
  code: string
  token: (swarm: InvitedSwarm, self: string) => Promise<Uint8Array> | Uint8Array | undefined
}[] = [
  { id: 'nothing', code: 'ERR_INVITE_MISSING', token: () => undefined },
  { id: 'garbage', code: 'ERR_INVITE_MALFORMED', token: () => new Uint8Array(171).fill(7) },
  {
    id: 'one that has expired',
    code: 'ERR_INVITE_EXPIRED',
    token: ({ invite }, self) => invite(self, { notBefore: now - DAY, expires: now - 1 })
  },
  {
    id: 'one of the day after tomorrow',
    code: 'ERR_INVITE_EARLY',
    token: ({ invite }, self) => invite(self, { notBefore: now + DAY, expires: now + 2 * DAY })
  },
  {
    id: 'one for another job',
    code: 'ERR_INVITE_JOB',
    token: ({ invite }, self) => invite(self, { jobId: jobIdOf('{}') })
  },
  {
    id: 'one for another peer',
    code: 'ERR_INVITE_BORROWED',
    token: async ({ invite }) => invite(peerOf(await generateKey()))
  },
  {
    id: 'one that somebody else has signed',
    code: 'ERR_INVITE_FORGED',
    token: async ({ invite }, self) => invite(self, { signer: await generateKey() })
  },
  {
    id: 'one whose rights were changed',
    code: 'ERR_INVITE_FORGED',
    token: ({ invite }, self) => withRights(invite(self, { right: 'observe' }), 1)
  },
  {
    id: 'rights that are not known',
    code: 'ERR_INVITE_RIGHTS',
    token: ({ invite }, self) => withRights(invite(self), 2)
  }
]

test.each(attempts)('who presents $id is told so, nothing else, and is disconnected', async ({ code, token }) => {
  const swarm = await invitedSwarm()
  const alice = await swarm.start()
  const bob = await swarm.start({ bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self))
  const told = rejections(alice)
  const mallory = await startHostile()

  const { connection, answer } = await knock(mallory, alice, await token(swarm, mallory.self))
  await until(() => connection.status !== 'open')
  expect(answer).toEqual({
    jobId: jobIdOf(JOB),
    jobJson: JOB,
    agent: 'starling/test',
    listen: [],
    known: [],
    refusal: code
  })
  await until(() => told.length === 1)
  expect(told).toEqual([`${mallory.self} ${code}`])
  expect(alice.peers()).toEqual([bob.self])
  expect(alice.isRefused(mallory.self)).toBe(false) // a name costs nothing: no points are kept of it
})

test('clocks may differ by some minutes', async () => {
  const swarm = await invitedSwarm()
  const alice = await swarm.start()
  const mallory = await startHostile()
  const early = swarm.invite(mallory.self, { notBefore: now + 300 })

  expect((await knock(mallory, alice, early)).answer.refusal).toBeUndefined()
  await until(() => alice.peers().includes(mallory.self))
})

test('a node does not let a member in that it dialled and that has no invitation, and tells nobody of its peers first', async () => {
  const swarm = await invitedSwarm()
  const alice = await swarm.start()
  const bob = await swarm.start({ bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self))
  const told = rejections(alice)
  const mallory = await startHostile()
  let heard: Hello | undefined
  await mallory.host.handle(HELLO_PROTOCOL, async (stream) => {
    heard = decodeHello(await readFrame(stream, { maxBytes: 65_536 }))
    await writeFrame(stream, encodeHello({ jobId: jobIdOf(JOB), jobJson: JOB, agent: 'm/1', listen: [], known: [] }))
    await closeStream(stream)
  })

  const dialling = alice.connect(mallory.host.getMultiaddrs()[0]!.toString())
  await expect(dialling).rejects.toMatchObject({ code: 'ERR_INVITE_MISSING' })
  expect(heard?.known).toEqual([])
  expect(told).toEqual([`${mallory.self} ERR_INVITE_MISSING`])
})

test('who is turned away learns it from its own node: the reason that the other side gave', async () => {
  const swarm = await invitedSwarm()
  const alice = await swarm.start()
  const late = await swarm.start({ invitation: { expires: now + 1 }, wallClock: () => 1000 * now })
  const told = rejections(late)

  await until(() => Date.now() > 1000 * (now + 1))
  await expect(late.connect(alice.addresses()[0]!)).rejects.toMatchObject({
    code: 'ERR_HELLO_REFUSED',
    details: { peer: alice.self, refusal: 'ERR_INVITE_EXPIRED' }
  })
  expect(told).toEqual([`${alice.self} ERR_HELLO_REFUSED`])
})

test('an invitation that expires ends the connection', async () => {
  const swarm = await invitedSwarm()
  let nowMs = Date.now()
  const alice = await swarm.start({ wallClock: () => nowMs })
  const bob = await swarm.start({ bootstrap: alice.addresses(), invitation: { expires: now + 3600 } })
  await until(() => alice.peers().includes(bob.self))
  const told = rejections(alice)

  nowMs += 3_700_000
  await until(() => alice.peers().length === 0)
  expect(told).toEqual([`${bob.self} ERR_INVITE_EXPIRED`])
})

test('where a list decides alone, others are cut off before they can say hello', async () => {
  const [listed, other] = [await generateKey(), await generateKey()]
  const membership = { policy: { allow: [peerOf(listed), peerOf(other)] }, verify: () => false }
  const alice = await startNode({ privateKey: listed, membership })
  const bob = await startNode({ privateKey: other, membership, bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self))
  const mallory = await startHostile()

  await expect(knock(mallory, alice)).rejects.toThrow()
  expect(alice.peers()).toEqual([bob.self])
  expect(alice.stats().refusals).toEqual({ ERR_INVITE_UNLISTED: 1 })
})

test('a second hello on one connection is held against the peer', async () => {
  const swarm = await invitedSwarm()
  const alice = await swarm.start()
  const told = rejections(alice)
  const mallory = await startHostile()
  const { connection } = await knock(mallory, alice, swarm.invite(mallory.self))
  await until(() => alice.peers().includes(mallory.self))

  await connection.newStream(HELLO_PROTOCOL).catch(() => undefined) // cut off at once
  await until(() => told.length === 1)
  expect(told).toEqual([`${mallory.self} ERR_HELLO_REPEATED`])
})

describe('what is written by peers that were never met', () => {
  test('counts when a member that has met them hands on their invitation', async () => {
    const swarm = await invitedSwarm()
    const alice = await swarm.start()
    const mallory = await startHostile()
    const absent = await generateKey()
    const carrier = await swarm.start({ bootstrap: alice.addresses() })
    // the carrier has met the absent one, alice has not
    const visitor = await startHostile(absent)
    const visit = await knock(visitor, carrier, swarm.invite(visitor.self))
    await until(() => carrier.peers().includes(visitor.self))
    visit.connection.abort(new Error('gone'))
    await until(() => alice.peers().includes(carrier.self))

    const seen: number[] = []
    alice.subscribe('models', (from, bytes) => {
      expect(from).toBe(visitor.self)
      seen.push(bytes[0]!)
    })
    const { connection } = await knock(mallory, alice, swarm.invite(mallory.self))
    const stream = await connection.newStream(PUBSUB_PROTOCOL)
    let number = 0
    const bring = async (): Promise<void> => {
      stream.send(rpc([await signed(absent, ++number, Uint8Array.of(number))]))
    }
    await bring()
    await until(() => alice.stats().announcementsDropped > 0)
    expect(seen).toEqual([])
    // mallory is asked too, and knows nothing: sooner or later it is the carrier
    await until(() => alice.mayTrain(visitor.self))
    await bring()
    await until(() => seen.length > 0)
  })

  test('does not count when nobody has invited them, whoever brings it', async () => {
    const swarm = await invitedSwarm()
    const alice = await swarm.start()
    const seen: string[] = []
    alice.subscribe('models', (from) => {
      seen.push(from)
    })
    const [mallory, accomplice] = [await startHostile(), await generateKey()]
    const { connection } = await knock(mallory, alice, swarm.invite(mallory.self))
    await until(() => alice.peers().includes(mallory.self))
    const stream = await connection.newStream(PUBSUB_PROTOCOL)
    const own = await signed(mallory.privateKey, 1, Uint8Array.of(1))
    stream.send(rpc([await signed(accomplice, 1, Uint8Array.of(1))]))
    stream.send(rpc([own]))

    await until(() => seen.length > 0)
    expect(seen).toEqual([mallory.self])
    expect(alice.mayTrain(peerOf(accomplice))).toBe(false)
  })
})

test('who may only observe hears and fetches, and nothing that it says counts', async () => {
  const swarm = await invitedSwarm()
  const alice = await swarm.start()
  const connected: string[] = []
  alice.on('peer:connected', ({ peer }) => connected.push(peer))
  const bob = await swarm.start({ bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self))
  const watcher = await swarm.start({ bootstrap: alice.addresses(), invitation: { right: 'observe' } })
  await until(() => watcher.peers().length === 2)
  const told = rejections(alice)
  const heard: number[] = []
  const said: string[] = []
  watcher.subscribe('models', (_, bytes) => {
    heard.push(bytes[0]!)
  })
  for (const node of [alice, bob]) {
    node.subscribe('models', (from) => {
      said.push(from)
    })
  }
  alice.handle('write', { request: async () => Uint8Array.of(1) })
  alice.handle('read', { request: async () => Uint8Array.of(2), forObservers: true })
  const model = encodeModel(new Float32Array(10))
  const ref = alice.offer(model)

  await until(() => {
    void alice.publish('models', Uint8Array.of(5)) // until its subscription has come
    return heard.length > 0
  })
  expect(Buffer.compare(await watcher.pull(alice.self, ref), model)).toBe(0)
  expect([...(await watcher.request(alice.self, 'read', new Uint8Array(0)))]).toEqual([2])
  await expect(watcher.request(alice.self, 'write', new Uint8Array(0))).rejects.toThrow()
  expect(told).toEqual([`${watcher.self} ERR_RIGHT_MISSING`])

  const before = said.filter((from) => from === watcher.self).length
  await watcher.publish('models', Uint8Array.of(6))
  await until(() => alice.stats().announcementsDropped > 0 && bob.stats().announcementsDropped > 0)
  expect(before).toBe(0)
  expect(said).not.toContain(watcher.self)
  expect(alice.peers()).toEqual([bob.self])
  expect(connected).toEqual([bob.self])
})
