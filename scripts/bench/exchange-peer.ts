/** One of the two processes of the exchange benchmark; the parent says which, as first argument. */

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createGater } from '../../src/gossip/gater.ts'
import { createHost, type Host } from '../../src/gossip/host.ts'
import { generateKey } from '../../src/gossip/key.ts'
import { DEFAULT_LIMITS } from '../../src/gossip/limits.ts'
import { GossipNetwork } from '../../src/gossip/network.ts'
import { readStream } from '../../src/gossip/read-stream.ts'
import { SEND_CHUNK_BYTES, sendAll } from '../../src/gossip/send-all.ts'
import { TrafficMeter } from '../../src/gossip/traffic.ts'
import type { Clock } from '../../src/interface/clock.ts'
import type { ModelRef } from '../../src/interface/network.ts'
import { WaitRegister } from '../../src/interface/waits.ts'
import { keepHeapSmall } from '../../src/node/low-memory.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'

/** What the serving process tells the others. */
export interface Served {
  bare: string
  gossip: string
  ref: ModelRef
}

/** Milliseconds of each repetition. */
export interface Times {
  /** Bare stream, sends of 64 KiB. */
  bareMs: number[]
  /** Bare stream, sends as long as ours. */
  bareTunedMs: number[]
  pullMs: number[]
}

export interface Memory {
  beforeBytes: number
  peakBytes: number
}

const BARE_PROTOCOL = '/bare/1'
const PLAIN_CHUNK_BYTES = 64 * 1024
/** Turns before anything counts. */
const WARM_UPS = 3
const JOB = '{"bench":"exchange"}'

const clock: Clock = {
  now: () => performance.now(),
  sleep: async (delayMs, { signal } = {}) => {
    await delay(delayMs, undefined, signal === undefined ? {} : { signal })
  }
}

/** The host that a GossipNetwork runs on, without anything of ours on top. */
async function startBare(): Promise<Host> {
  const host = await createHost({
    privateKey: await generateKey(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    agent: 'bench/1',
    gater: createGater({ objectionTo: () => undefined, isStranger: () => false }),
    traffic: new TrafficMeter(),
    limits: DEFAULT_LIMITS
  })
  await host.start()

  return host
}

async function startGossip(): Promise<GossipNetwork> {
  const network = await GossipNetwork.create({
    privateKey: await generateKey(),
    jobId: createHash('sha256').update(JOB).digest('hex'),
    jobJson: JOB,
    agent: 'bench/1',
    waits: new WaitRegister({ clock }),
    clock
  })
  await network.start()

  return network
}

async function serve(dim: number): Promise<void> {
  const model = encodeModel(Float32Array.from({ length: dim }, (_, i) => Math.sin(i)))
  const [bare, gossip] = await Promise.all([startBare(), startGossip()])
  await bare.handle(BARE_PROTOCOL, async (stream) => {
    let chunkBytes = 0
    await readStream(stream, (piece) => {
      chunkBytes = piece[0] === 1 ? SEND_CHUNK_BYTES : PLAIN_CHUNK_BYTES
      return true
    })
    await sendAll(stream, model, { chunkBytes })
    await stream.close()
  })

  const served: Served = {
    bare: bare.getMultiaddrs()[0]!.toString(),
    gossip: gossip.addresses()[0]!,
    ref: gossip.offer(model)
  }
  process.send!(served)
}

async function measure({ bare, gossip, ref }: Served, repetitions: number): Promise<Times> {
  const [host, network] = await Promise.all([startBare(), startGossip()])
  const connection = await host.dial(multiaddr(bare))
  const peer = await network.connect(gossip)

  const overBare = async (tuned: 0 | 1): Promise<void> => {
    const stream = await connection.newStream(BARE_PROTOCOL)
    stream.send(Uint8Array.of(tuned))
    const received = await discard(stream)
    if (received !== ref.bytes) throw new Error(`bare stream brought ${received} bytes`)
    await stream.close()
  }
  // as a learner does it: the same memory each round
  const into = new Uint8Array(ref.bytes)
  const transfers = {
    bareMs: () => overBare(0),
    bareTunedMs: () => overBare(1),
    pullMs: () => network.pull(peer, ref, { into })
  }

  const times: Times = { bareMs: [], bareTunedMs: [], pullMs: [] }
  for (let i = -WARM_UPS; i < repetitions; i++) {
    for (const name of ['bareMs', 'bareTunedMs', 'pullMs'] as const) {
      const ms = await timed(transfers[name])
      if (i >= 0) times[name].push(ms)
    }
  }

  return times
}

/** In a process of its own that does nothing else: its peak is the pull's. */
async function memory({ gossip, ref }: Served): Promise<Memory> {
  const network = await startGossip()
  const peer = await network.connect(gossip)
  await delay(500) // start-up garbage settles; nothing is timed here

  const beforeBytes = process.memoryUsage.rss()
  await network.pull(peer, ref)

  return { beforeBytes, peakBytes: process.resourceUsage().maxRSS * 1024 }
}

async function discard(stream: Stream): Promise<number> {
  let received = 0
  await readStream(stream, (piece) => {
    received += piece.byteLength
    return false
  })

  return received
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()

  return performance.now() - start
}

keepHeapSmall() // as a node does
const [role, argument, served] = process.argv.slice(2)
if (role === 'serve') {
  await serve(Number(argument))
} else {
  const target = JSON.parse(served!) as Served
  process.send!(role === 'measure' ? await measure(target, Number(argument)) : await memory(target))
}
