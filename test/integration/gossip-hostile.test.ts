import { describe, expect, test } from 'vitest'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { sendAll } from '../../src/gossip/send-all.ts'
import { decodeModel, encodeModel } from '../../src/wire/model-codec.ts'
import {
  type HostilePeer,
  JOB_PREFIX,
  MODEL_PROTOCOL,
  refOf,
  serveModels,
  startHostile
} from './gossip-hostile-peer.ts'
import { startNode, until } from './gossip-nodes.ts'

const DIM = 100_000
const model = encodeModel(Float32Array.from({ length: DIM }, (_, i) => i))
const ref = refOf(model)
const FOUND = Uint8Array.of(0)

async function victimOf(
  limits = {}
): Promise<{ victim: GossipNetwork; mallory: HostilePeer; rejected: string[]; refused: string[] }> {
  const [victim, mallory] = await Promise.all([startNode({ limits }), startHostile()])
  const rejected: string[] = []
  const refused: string[] = []
  victim.on('peer:rejected', ({ peer, code, verdict }) => {
    expect(peer).toBe(mallory.self)
    rejected.push(`${code} ${verdict}`)
  })
  victim.on('peer:refused', ({ code }) => refused.push(code))
  await mallory.join(victim)

  return { victim, mallory, rejected, refused }
}

describe('a peer that serves models', () => {
  test('of the right size and other content', async () => {
    const { victim, mallory, rejected } = await victimOf()
    await serveModels(mallory, async (stream) => {
      const other = model.slice()
      other[5000]! ^= 1
      stream.send(FOUND)
      await sendAll(stream, other)
      await stream.close()
    })

    await expect(victim.pull(mallory.self, ref)).rejects.toMatchObject({ code: 'ERR_MODEL_HASH', verdict: 'penalise' })
    expect(rejected).toEqual(['ERR_MODEL_HASH penalise'])
  })

  test('with bytes to spare', async () => {
    const { victim, mallory, rejected } = await victimOf()
    await serveModels(mallory, async (stream) => {
      stream.send(FOUND)
      await sendAll(stream, Buffer.concat([model, Buffer.alloc(1)]))
      await stream.close()
    })

    await expect(victim.pull(mallory.self, ref)).rejects.toMatchObject({ code: 'ERR_MODEL_OVERRUN' })
    expect(rejected).toEqual(['ERR_MODEL_OVERRUN penalise'])
  })

  test('without end: cut off after no more than the windows hold', async () => {
    const { victim, mallory } = await victimOf()
    let sent = 0
    const ended = Promise.withResolvers<void>()
    await serveModels(mallory, async (stream) => {
      stream.send(FOUND)
      const chunk = new Uint8Array(65_536)
      try {
        for (;;) {
          await sendAll(stream, chunk)
          sent += chunk.byteLength
        }
      } catch {
        ended.resolve()
      }
    })

    const pull = victim.pull(mallory.self, ref)
    await expect(pull).rejects.toMatchObject({ verdict: 'penalise' })
    await ended.promise
    expect(sent).toBeLessThan(40 * 1024 * 1024)
  })

  test('cut short, each time at once', async () => {
    const { victim, mallory, rejected } = await victimOf()
    let streams = 0
    await serveModels(mallory, async (stream) => {
      streams++
      stream.send(FOUND)
      await stream.close()
    })

    await expect(victim.pull(mallory.self, ref)).rejects.toMatchObject({ code: 'ERR_MODEL_TRUNCATED' })
    expect(streams).toBe(1) // nothing moved, nothing to resume
    expect(rejected).toEqual([])
  })

  test('and then nothing more: given up after the stall time, and another peer is not held up', async () => {
    const { victim, mallory } = await victimOf({ stallMs: 1000 })
    await serveModels(mallory, async (stream) => {
      stream.send(FOUND)
      stream.send(model.subarray(0, 1000))
    })
    const honest = await startNode({ bootstrap: victim.addresses() })
    honest.offer(model)
    await until(() => victim.peers().includes(honest.self))

    const stalled = expect(victim.pull(mallory.self, ref)).rejects.toMatchObject({ code: 'ERR_MODEL_STALLED' })
    expect((await victim.pull(honest.self, ref)).byteLength).toBe(model.byteLength)
    await stalled
  })

  test('full of NaN: the bytes are what was announced, the decoder refuses them', async () => {
    const { victim, mallory } = await victimOf()
    const poisoned = encodeModel(new Float32Array(DIM).fill(Number.NaN))
    await serveModels(mallory, async (stream) => {
      stream.send(FOUND)
      await sendAll(stream, poisoned)
      await stream.close()
    })

    const pulled = await victim.pull(mallory.self, refOf(poisoned))
    expect(() => decodeModel(pulled, { dim: DIM })).toThrow(expect.objectContaining({ code: 'ERR_MODEL_NOT_FINITE' }))
  })

  test('five times wrong: disconnected, and refused when it comes back', async () => {
    const { victim, mallory, refused } = await victimOf()
    await serveModels(mallory, async (stream) => {
      stream.send(Uint8Array.of(99))
    })

    for (let i = 0; i < 5; i++) {
      await expect(victim.pull(mallory.self, ref)).rejects.toMatchObject({ code: 'ERR_PULL_MALFORMED' })
    }
    await until(() => victim.peers().length === 0)
    expect(refused).toEqual(['ERR_PULL_MALFORMED'])
    await expect(mallory.join(victim)).rejects.toThrow()
  })
})

test('a broken transfer goes on from where it stopped', async () => {
  const { victim, mallory, rejected } = await victimOf()
  const offsets: number[] = []
  await serveModels(mallory, async (stream, offset) => {
    offsets.push(offset)
    stream.send(FOUND)
    if (offsets.length === 3) {
      await sendAll(stream, model.subarray(offset))
      await stream.close()
      return
    }
    await sendAll(stream, model.subarray(offset, offset + 130_000))
    if (offsets.length === 1) await stream.close()
    else setTimeout(() => stream.abort(new Error('cable cut')), 50)
  })

  const pulled = await victim.pull(mallory.self, ref)
  expect(Buffer.compare(pulled, model)).toBe(0)
  expect(offsets).toEqual([0, 130_000, 260_000])
  expect(rejected).toEqual([])
})

describe('a peer that asks', () => {
  test('for a model with garbage', async () => {
    const { mallory, rejected } = await victimOf()
    const stream = await mallory.host.getConnections()[0]!.newStream(MODEL_PROTOCOL)
    stream.send(new Uint8Array(41).fill(0xff))
    await until(() => rejected.length > 0)

    expect(rejected).toEqual(['ERR_PULL_MALFORMED penalise'])
  })

  test('for a model from beyond its end', async () => {
    const { victim, mallory, rejected } = await victimOf()
    victim.offer(model)
    const stream = await mallory.host.getConnections()[0]!.newStream(MODEL_PROTOCOL)
    const request = Buffer.alloc(41)
    request[0] = 1
    request.write(ref.hash, 1, 'hex')
    request.writeBigUInt64LE(BigInt(model.byteLength + 1), 33)
    stream.send(request)
    await until(() => rejected.length > 0)

    expect(rejected).toEqual(['ERR_PULL_OFFSET penalise'])
  })

  test('and does not read: nobody else waits, and it is cut off', async () => {
    const { victim, mallory } = await victimOf({ stallMs: 300 })
    const large = encodeModel(new Float32Array(3_000_000))
    const largeRef = victim.offer(large)
    const stream = await mallory.host.getConnections()[0]!.newStream(MODEL_PROTOCOL)
    stream.pause()
    const request = Buffer.alloc(41)
    request[0] = 1
    request.write(largeRef.hash, 1, 'hex')
    stream.send(request)
    await until(() => victim.stats().serving === 1)

    const honest = await startNode({ bootstrap: victim.addresses() })
    await until(() => honest.peers().includes(victim.self))
    expect((await honest.pull(victim.self, largeRef)).byteLength).toBe(large.byteLength)
    await until(() => victim.stats().serving === 0)
  })
})

test.each([
  { id: 'longer than allowed', frame: Buffer.from('ffffff7f00', 'hex'), code: 'ERR_FRAME_BYTES' },
  { id: 'longer than it says', frame: Buffer.from('010000000000', 'hex'), code: 'ERR_FRAME_BYTES' }
])('a frame $id', async ({ frame, code }) => {
  const { victim, mallory, rejected } = await victimOf()
  victim.handle('note', { message: () => undefined })
  const stream = await mallory.host.getConnections()[0]!.newStream(`/${JOB_PREFIX}/note/1`)
  stream.send(frame)
  await until(() => rejected.length > 0)

  expect(rejected).toEqual([`${code} penalise`])
})

test('a flood of announcements: few are handled, the peer is thrown out, memory stays', async () => {
  const FLOOD = 30_000
  const { victim, mallory, refused } = await victimOf()
  const topic = `${JOB_PREFIX}/models`
  let handled = 0
  victim.subscribe('models', () => {
    handled++
  })
  const { pubsub } = mallory.host.services
  await until(() => pubsub.getSubscribers(topic).length === 1)

  const before = process.memoryUsage().rss
  const startedMs = performance.now()
  for (let i = 0; i < FLOOD && victim.peers().length > 0; i++) {
    await pubsub.publish(topic, Buffer.from(`${i}`.padStart(200))).catch(() => undefined)
    if (i % 50 === 0) await new Promise(setImmediate)
  }
  await until(() => victim.peers().length === 0)

  expect(refused).toEqual(['ERR_ANNOUNCEMENT_FLOOD'])
  // as many as an author has at once, and a second
  expect(handled).toBeLessThanOrEqual(101 + 0.05 * (performance.now() - startedMs))
  expect(victim.stats().announcementsDropped).toBeGreaterThanOrEqual(45)
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6)
})

test('topics nobody subscribed to are not even looked at', async () => {
  const { victim, mallory, refused } = await victimOf()
  victim.subscribe('models', () => undefined)
  const { pubsub } = mallory.host.services
  await until(() => pubsub.getSubscribers(`${JOB_PREFIX}/models`).length === 1)
  // mallory subscribes both ends' tables by hand: the victim never did
  ;(pubsub as unknown as { topics: Map<string, Set<string>> }).topics.set('spam', new Set([victim.self]))

  for (let i = 0; i < 200 && victim.peers().length > 0; i++) {
    await pubsub.publish('spam', Buffer.from(`${i}`)).catch(() => undefined)
    await new Promise(setImmediate)
  }
  await until(() => refused.length > 0)
  expect(refused).toEqual(['ERR_TOPIC_UNKNOWN'])
})
