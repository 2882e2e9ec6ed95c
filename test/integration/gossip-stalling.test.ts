import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { sendAll } from '../../src/gossip/send-all.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { JOB_PREFIX, MODEL_PROTOCOL, startHostile } from './gossip-hostile-peer.ts'
import { startNode, startNodes, until } from './gossip-nodes.ts'
import { PUBSUB_PROTOCOL } from './gossip-rpc.ts'

const NOTE = `/${JOB_PREFIX}/note/1`
const MIB = 1024 * 1024
const model = encodeModel(new Float32Array(50_000))

/** Two honest nodes; `rounds` models have moved between them, there and back, when it resolves. */
async function honestPair(limits = {}): Promise<{ victim: GossipNetwork; rounds: (count: number) => Promise<void> }> {
  const [victim, honest] = await startNodes(2, { limits })
  const [ours, theirs] = [victim!.offer(model), honest!.offer(model)]
  const rounds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const pulled = await Promise.all([victim!.pull(honest!.self, theirs), honest!.pull(victim!.self, ours)])
      expect(pulled.map(({ byteLength }) => byteLength)).toEqual([model.byteLength, model.byteLength])
    }
  }
  victim!.handle('note', { message: () => undefined })

  return { victim: victim!, rounds }
}

/** Of one byte after the other, for as long as the test lasts. */
function drip(stream: Stream, bytes: Uint8Array): void {
  const timer = setInterval(() => {
    if (stream.status === 'open') stream.send(bytes)
    else clearInterval(timer)
  }, 50)
  onTestFinished(() => clearInterval(timer))
}

describe('a member', () => {
  test('that opens streams of all kinds and stalls: they are cut off in time, and honest rounds go on', async () => {
    const { victim, rounds } = await honestPair({ messageTimeoutMs: 1500 })
    const mallory = await startHostile()
    const connection = await mallory.join(victim)
    const streams: Stream[] = []
    for (let i = 0; i < 40; i++) {
      for (const protocol of [NOTE, MODEL_PROTOCOL, PUBSUB_PROTOCOL]) {
        await connection.newStream(protocol).then(
          (stream) => streams.push(stream),
          () => undefined // more than it may
        )
      }
    }
    await rounds(3)
    // those of gossipsub stay, as they do with everybody: four, the newest of which counts
    const stalled = (): number =>
      streams.filter(({ protocol, status }) => status === 'open' && protocol !== PUBSUB_PROTOCOL).length
    await until(() => stalled() === 0)
    await rounds(3)
    expect(victim.peers()).toHaveLength(2)
  })

  test('that sends a byte now and then: an exchange has an end all the same', async () => {
    const { victim, rounds } = await honestPair({ messageTimeoutMs: 1000 })
    const mallory = await startHostile()
    const connection = await mallory.join(victim)
    const note = await connection.newStream(NOTE)
    note.send(Buffer.from('ffff0000', 'hex').subarray(0, 3))
    note.send(Buffer.from('ff0f0000', 'hex').subarray(3)) // a frame of many bytes
    drip(note, Uint8Array.of(1))
    const request = await connection.newStream(MODEL_PROTOCOL)
    drip(request, Uint8Array.of(1))

    await rounds(3)
    await until(() => note.status !== 'open' && request.status !== 'open')
    await rounds(3)
  })

  test('that sends more bytes than any needs, in messages that are few: it is thrown out, and memory stays', async () => {
    const { victim, rounds } = await honestPair({ byteBurst: MIB, bytesPerSecond: 1000 })
    const refused: string[] = []
    victim.on('peer:refused', ({ peer, code }) => refused.push(`${peer} ${code}`))
    const mallory = await startHostile()
    const connection = await mallory.join(victim)
    const frame = Buffer.alloc(4 + 65_536)
    frame.writeUInt32LE(65_536)
    const before = process.memoryUsage().rss
    for (let i = 0; i < 100 && refused.length === 0; i++) {
      const stream = await connection.newStream(NOTE).catch(() => undefined)
      if (stream === undefined) break
      await sendAll(stream, frame).catch(() => undefined)
      await stream.close().catch(() => undefined)
    }

    await until(() => refused.length === 1)
    expect(refused).toEqual([`${mallory.self} ERR_MESSAGE_FLOOD`])
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6)
    await rounds(3)
  })

  test('that asks for the same model again and again is told to wait', async () => {
    const { victim, rounds } = await honestPair({ pullBurst: 5, pullsPerSecond: 0.1 })
    const asker = await startNode({ bootstrap: victim.addresses() })
    await until(() => asker.peers().includes(victim.self))
    const ref = victim.offer(encodeModel(new Float32Array(10)))
    for (let i = 0; i < 5; i++) await asker.pull(victim.self, ref)
    await expect(asker.pull(victim.self, ref)).rejects.toMatchObject({ code: 'ERR_MODEL_BUSY' })
    await rounds(2) // others are not held up
  })

  test('that reconnects a hundred times a second: it is kept out, others are not', async () => {
    const { victim, rounds } = await honestPair({ reconnectBurst: 5, reconnectsPerSecond: 0.1 })
    const mallory = await startHostile()
    let joined = 0
    const storm = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) {
        const connection = await mallory.join(victim).catch(() => undefined)
        if (connection !== undefined) joined++
        connection?.abort(new Error('and again'))
        await delay(10)
        if (joined === 5 && (victim.stats().refusals['ERR_CONNECTION_RATE'] ?? 0) > 20) return
      }
    }
    await Promise.all([storm(), rounds(5)])

    expect(joined).toBeLessThanOrEqual(6) // and one for the time that has passed
    expect(victim.stats().refusals['ERR_CONNECTION_RATE']).toBeGreaterThan(20)
    await until(() => victim.stats().strangers === 0)
    const newcomer = await startNode({ bootstrap: victim.addresses() })
    await until(() => newcomer.peers().includes(victim.self))
    await rounds(3)
  }, 60_000)
})

describe('a stranger', () => {
  test('that connects and stalls in the handshake or after it: no more than may be under way, and each has an end', async () => {
    const { victim, rounds } = await honestPair({ maxPendingPerHost: 8, helloTimeoutMs: 1500, dialTimeoutMs: 1500 })
    const port = Number(/\/tcp\/(\d+)/.exec(victim.addresses()[0]!)![1])
    const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    await until(() => victim.stats().refusals['ERR_CONNECTION_PENDING'] === 12)
    expect(victim.stats().strangers).toBe(8)
    await rounds(3)
    await until(() => victim.stats().strangers === 0)
    await rounds(3)
  })

  test('that pours bytes where a hello should be is cut off after a mebibyte, and memory stays', async () => {
    const { victim, rounds } = await honestPair()
    const stranger = await startHostile()
    const connection = await stranger.host.dial(multiaddr(victim.addresses()[0]!))
    const stream = await connection.newStream(PUBSUB_PROTOCOL)
    const before = process.memoryUsage().rss
    const pour = async (): Promise<void> => {
      while (connection.status === 'open') {
        await sendAll(stream, new Uint8Array(65_536), { signal: AbortSignal.timeout(200) })
      }
    }
    await pour().catch(() => undefined)
    // the window of one stream is full before that: others are opened
    while (connection.status === 'open') {
      const more = await connection.newStream(`/${JOB_PREFIX}/peers/1`).catch(() => undefined)
      if (more === undefined) break
      more.send(new Uint8Array(65_536))
    }

    await until(() => connection.status !== 'open')
    expect(victim.stats().refusals['ERR_STRANGER_BYTES']).toBe(1)
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
    await rounds(3)
  })
})
