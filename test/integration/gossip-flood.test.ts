import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { startHostile } from './gossip-hostile-peer.ts'
import { startNodes, until } from './gossip-nodes.ts'
import { PUBSUB_PROTOCOL, rpc } from './gossip-rpc.ts'

const MILLION = 1_000_000
/** As many messages as an RPC may hold. */
const PER_RPC = 256

/** Sends the same bytes again and again, as fast as the stream takes them; resolves with how often, when it is cut off or done. */
async function pour(stream: Stream, bytes: Uint8Array, times: number): Promise<number> {
  for (let sent = 0; sent < times; sent++) {
    try {
      if (stream.status !== 'open') return sent
      if (!stream.send(bytes)) await stream.onDrain({ signal: AbortSignal.timeout(5000) })
    } catch {
      return sent
    }
    if (sent % 16 === 0) await new Promise(setImmediate)
  }

  return times
}

/** One flooder after another, each a newcomer with a hello that passes, until so many announcements were sent. */
async function floodWith(count: number, victim: GossipNetwork, afterEach: () => Promise<void>): Promise<number> {
  const flood = rpc(Array.from({ length: PER_RPC }, () => ({})))
  let sent = 0
  let flooders = 0
  while (sent < count) {
    const mallory = await startHostile()
    flooders++
    const stream = await (await mallory.join(victim)).newStream(PUBSUB_PROTOCOL)
    sent += PER_RPC * (await pour(stream, flood, MILLION / PER_RPC))
    await until(() => victim.isRefused(mallory.self) && !victim.peers().includes(mallory.self))
    await mallory.host.stop()
    await afterEach()
  }

  return flooders
}

test('a million announcements, by one newcomer after another: each is thrown out, honest models move on', async () => {
  const [victim, honest] = await startNodes(2)
  let handled = 0
  victim!.subscribe('models', () => {
    handled++
  })
  const refused = new Map<string, string>()
  victim!.on('peer:refused', ({ peer, code }) => refused.set(peer, code))
  let verdicts = 0
  victim!.on('peer:rejected', () => {
    verdicts++
  })
  const model = encodeModel(new Float32Array(50_000))
  const ref = honest!.offer(model)
  const pull = async (): Promise<void> => {
    expect((await victim!.pull(honest!.self, ref)).byteLength).toBe(model.byteLength)
  }

  const before = process.memoryUsage().rss
  const flooders = await floodWith(MILLION, victim!, pull)

  expect(new Set(refused.values())).toEqual(new Set(['ERR_ANNOUNCEMENT_SIGNATURE']))
  expect(refused.size).toBe(flooders)
  expect(refused.has(honest!.self)).toBe(false)
  expect(handled).toBe(0)
  expect(verdicts).toBe(5 * flooders) // the fifth in a row is the last
  expect(victim!.stats().announcementsDropped).toBeGreaterThanOrEqual(PER_RPC * flooders)
  // the flooders live in this process too
  expect(process.memoryUsage().rss - before).toBeLessThan(400e6)
}, 60_000)
