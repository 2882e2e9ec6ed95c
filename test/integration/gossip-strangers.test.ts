import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { writeFrame } from '../../src/gossip/frame.ts'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { JOB_PREFIX, MODEL_PROTOCOL, startHostile } from './gossip-hostile-peer.ts'
import { startNode, startNodes, until } from './gossip-nodes.ts'
import { graft, PUBSUB_PROTOCOL, rpc, subscribe } from './gossip-rpc.ts'

const IDENTIFY_PROTOCOL = '/ipfs/id/1.0.0'
const PEERS_PROTOCOL = `/${JOB_PREFIX}/peers/1`

/** Opens a stream and counts what comes back. */
async function listen(connection: Connection, protocol: string): Promise<{ stream: Stream; received: () => number }> {
  const stream = await connection.newStream(protocol)
  let bytes = 0
  stream.addEventListener('message', ({ data }) => {
    bytes += data.byteLength
  })

  return { stream, received: () => bytes }
}

async function strangerOf(victim: GossipNetwork): Promise<Connection> {
  const stranger = await startHostile()

  return stranger.host.dial(multiaddr(victim.addresses()[0]!))
}

test('a stranger that subscribes, grafts, asks and identifies is given nothing', async () => {
  const [victim, honest] = await startNodes(2)
  const heard: number[] = []
  victim!.subscribe('models', () => undefined)
  honest!.subscribe('models', (_, bytes) => {
    heard.push(bytes[0]!)
  })
  const model = victim!.offer(encodeModel(new Float32Array(10)))
  const connection = await strangerOf(victim!)

  const pubsub = await listen(connection, PUBSUB_PROTOCOL)
  pubsub.stream.send(rpc([], [subscribe(), graft()]))
  const models = await listen(connection, MODEL_PROTOCOL)
  models.stream.send(Buffer.concat([Buffer.of(1), Buffer.from(model.hash, 'hex'), Buffer.alloc(8)]))
  const peers = await listen(connection, PEERS_PROTOCOL)
  await writeFrame(peers.stream, new Uint8Array(0))
  // asked by libp2p itself on every connection: one at a time is taken
  const identify = connection.streams.find(({ protocol }) => protocol === IDENTIFY_PROTOCOL)
  await until(() => victim!.stats().earlyStreams === 4)

  for (let i = 0; i < 5; i++) await victim!.publish('models', Uint8Array.of(i))
  await until(() => heard.length === 5)
  // what libp2p's own services would have begun by now
  expect(connection.streams.filter(({ direction }) => direction === 'inbound')).toEqual([])
  expect([pubsub, models, peers].map(({ received }) => received())).toEqual([0, 0, 0])
  expect(identify).toMatchObject({ direction: 'outbound', remoteWriteStatus: 'writable', readBufferLength: 0 })
  expect(victim!.peers()).toEqual([honest!.self])
})

test('the streams of a stranger wait no longer than its hello may take', async () => {
  const victim = await startNode({ limits: { helloTimeoutMs: 300 } })
  const connection = await strangerOf(victim)
  const { received } = await listen(connection, PUBSUB_PROTOCOL)

  await until(() => connection.status !== 'open')
  await until(() => victim.stats().earlyStreams === 0)
  expect(received()).toBe(0)
})

test('a stranger with more streams than an honest newcomer opens is disconnected', async () => {
  const victim = await startNode({ limits: { maxEarlyStreams: 5 } })
  const connection = await strangerOf(victim)
  // and one with which libp2p asks who we are
  for (let i = 0; i < 4; i++) await connection.newStream(PEERS_PROTOCOL)
  await until(() => victim.stats().earlyStreams === 5)
  expect(connection.status).toBe('open')

  await connection.newStream(PEERS_PROTOCOL).catch(() => undefined)
  await until(() => connection.status !== 'open')
  await until(() => victim.stats().earlyStreams === 0)
})

test('a peer with more streams than any needs has the one too many closed, and is served again when it has fewer', async () => {
  const victim = await startNode({ limits: { maxStreamsPerPeer: 8 } })
  const notes: number[] = []
  victim.handle('note', { message: (_, bytes) => notes.push(bytes[0]!) })
  const mallory = await startHostile()
  const connection = await mallory.join(victim)
  const open = (): Promise<Stream> => connection.newStream(`/${JOB_PREFIX}/note/1`)
  const streams: Stream[] = []
  while (streams.every(({ status }) => status === 'open')) {
    expect(streams.length).toBeLessThan(10)
    streams.push(await open())
    // served in turn: what comes back of this one says that the ones before have been looked at
    await open().then((last) => last.abort(new Error('done')))
  }
  expect(streams.length).toBeGreaterThan(4) // a few are libp2p's own

  for (const stream of streams) if (stream.status === 'open') stream.abort(new Error('no longer needed'))
  const again = await open()
  await writeFrame(again, Uint8Array.of(1))
  await until(() => notes.length === 1)
})
