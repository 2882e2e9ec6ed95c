import { createHash } from 'node:crypto'
import type { Connection, PrivateKey, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { onTestFinished } from 'vitest'
import { closeStream } from '../../src/gossip/close-stream.ts'
import { readFrame, writeFrame } from '../../src/gossip/frame.ts'
import { createGater } from '../../src/gossip/gater.ts'
import { HELLO_PROTOCOL } from '../../src/gossip/hello-service.ts'
import { createHost, type Host } from '../../src/gossip/host.ts'
import { generateKey } from '../../src/gossip/key.ts'
import { DEFAULT_LIMITS } from '../../src/gossip/limits.ts'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { readStream } from '../../src/gossip/read-stream.ts'
import { TrafficMeter } from '../../src/gossip/traffic.ts'
import type { Peer } from '../../src/interface/network.ts'
import { encodeHello } from '../../src/wire/hello-codec.ts'
import { JOB, jobIdOf, until } from './gossip-nodes.ts'

export const JOB_PREFIX = `starling/${jobIdOf(JOB).slice(0, 16)}`
export const MODEL_PROTOCOL = `/${JOB_PREFIX}/model/1`

/** A raw libp2p node that speaks Starling's protocols as it pleases. */
export interface HostilePeer {
  readonly self: Peer
  readonly privateKey: PrivateKey
  readonly host: Host
  /** Dials a victim and says a hello that passes. */
  join: (victim: GossipNetwork) => Promise<Connection>
}

export async function startHostile(key?: PrivateKey): Promise<HostilePeer> {
  const privateKey = key ?? (await generateKey())
  const host = await createHost({
    privateKey,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    agent: 'mallory/1',
    gater: createGater({ objectionTo: () => undefined, isStranger: () => false }),
    traffic: new TrafficMeter(),
    limits: DEFAULT_LIMITS
  })
  onTestFinished(() => host.stop())
  await host.start()
  const self = host.peerId.toString()

  const join = async (victim: GossipNetwork): Promise<Connection> => {
    const connection = await host.dial(multiaddr(victim.addresses()[0]!))
    const stream = await connection.newStream(HELLO_PROTOCOL)
    const hello = { jobId: jobIdOf(JOB), jobJson: JOB, agent: 'mallory/1', listen: [], known: [] }
    await writeFrame(stream, encodeHello(hello))
    await readFrame(stream, { maxBytes: 65_536 })
    await closeStream(stream)
    await until(() => victim.peers().includes(self))

    return connection
  }

  return { self, privateKey, host, join }
}

/** Serves the model protocol: takes the request, then answers as `answer` likes. */
export async function serveModels(
  { host }: HostilePeer,
  answer: (stream: Stream, offset: number) => Promise<void>
): Promise<void> {
  const handler = async (stream: Stream): Promise<void> => {
    let request = Buffer.alloc(0)
    await readStream(stream, (piece) => {
      request = Buffer.concat([request, piece])
      return request.byteLength >= 41
    })
    await answer(stream, Number(request.readBigUInt64LE(33)))
  }
  await host.handle(MODEL_PROTOCOL, (stream) => handler(stream).catch((error) => stream.abort(error)))
}

export function refOf(bytes: Uint8Array): { hash: string; bytes: number } {
  return { hash: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength }
}
