import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, PrivateKey, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { closeStream } from '../../src/gossip/close-stream.ts'
import { readFrame, writeFrame } from '../../src/gossip/frame.ts'
import { createGater } from '../../src/gossip/gater.ts'
import { HELLO_PROTOCOL } from '../../src/gossip/hello-service.ts'
import { createHost, type Host } from '../../src/gossip/host.ts'
import { generateKey, peerOf } from '../../src/gossip/key.ts'
import { DEFAULT_LIMITS } from '../../src/gossip/limits.ts'
import { generateNetworkKey } from '../../src/gossip/network-key.ts'
import { TrafficMeter } from '../../src/gossip/traffic.ts'
import { keySigning } from '../../src/node/signing.ts'
import { decodeHello, encodeHello } from '../../src/wire/hello-codec.ts'
import { encodeInvitation, invitationStatement } from '../../src/wire/invitation-codec.ts'

/** What strangers try. */
export const TRICKS = ['none', 'expired', 'forged', 'borrowed', 'wrong-key'] as const
export type Trick = (typeof TRICKS)[number]

/**
 * How an attempt ended: no connection, no handshake, refused by the hello; or served, with an answer that lets it in or
 * a byte of any other protocol. That must never be.
 */
export type Outcome = 'turned-away' | 'refused' | 'served'

export interface CrowdInit {
  jobId: string
  jobJson: string
  /** The owner's: for invitations that were good once, or are good for another. */
  owner: PrivateKey
  /** Of the private network that they have got into, as far as they have. */
  networkKey?: Uint8Array
  /** Identities at hand: each trick has as many. */
  identities: number
}

interface Stranger {
  readonly host: Host
  readonly trick: Trick
  readonly invitation: Uint8Array | undefined
}

const DIAL_MS = 5000
const DAY = 86_400

/** Strangers that try, one after the other and each in its own way, to get something out of nodes. */
export class StrangerCrowd {
  readonly #init: CrowdInit
  readonly #strangers: Stranger[] = []
  #attempts = 0

  constructor(init: CrowdInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    for (let i = 0; i < this.#init.identities; i++) {
      for (const trick of TRICKS) this.#strangers.push(await this.#stranger(trick))
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#strangers.splice(0).map(({ host }) => host.stop()))
  }

  /**
   * Makes so many attempts, so many a second, whether the ones before have ended or not.
   *
   * @param targets - multiaddrs of the victims, taken in turn
   * @returns how the attempts have ended
   */
  async attack(
    targets: readonly string[],
    { count, perSecond, signal }: { count: number; perSecond: number; signal?: AbortSignal }
  ): Promise<Record<Outcome, number>> {
    const outcomes = { 'turned-away': 0, refused: 0, served: 0 }
    const startMs = performance.now()
    const open = new Set<Promise<void>>()
    for (let i = 0; i < count && signal?.aborted !== true; i++) {
      await delay(Math.max(0, startMs + (1000 * i) / perSecond - performance.now()))
      const attempt = this.#attempt(targets).then((outcome) => {
        outcomes[outcome]++
        open.delete(attempt)
      })
      open.add(attempt)
    }
    await Promise.all(open)

    return outcomes
  }

  async #attempt(targets: readonly string[]): Promise<Outcome> {
    const number = this.#attempts++
    const stranger = this.#strangers[number % this.#strangers.length]!
    const target = targets[Math.floor(number / this.#strangers.length) % targets.length]!

    return await this.#try(stranger, target).catch(() => 'turned-away')
  }

  async #try({ host, invitation }: Stranger, target: string): Promise<Outcome> {
    const { jobId, jobJson } = this.#init
    const signal = AbortSignal.timeout(DIAL_MS)
    const connection = await host.dial(multiaddr(target), { signal, force: true })
    try {
      const probes = await probe(connection, jobId)
      const stream = await connection.newStream(HELLO_PROTOCOL, { signal })
      const hello = { jobId, jobJson, agent: 'stranger/1', listen: [], known: [] }
      await writeFrame(stream, encodeHello({ ...hello, ...(invitation === undefined ? {} : { invitation }) }), {
        signal
      })
      const answer = decodeHello(await readFrame(stream, { maxBytes: 65_536, signal }))
      await closeStream(stream, { signal })

      const isServed = answer.refusal === undefined || answer.listen.length + answer.known.length > 0 || probes() > 0
      return isServed ? 'served' : 'refused'
    } finally {
      connection.abort(new Error('tried'))
    }
  }

  async #stranger(trick: Trick): Promise<Stranger> {
    const { networkKey } = this.#init
    const privateKey = await generateKey()
    const wall = trick === 'wrong-key' ? generateNetworkKey() : networkKey
    const host = await createHost({
      privateKey,
      listen: [],
      agent: 'stranger/1',
      gater: createGater({ objectionTo: () => undefined, isStranger: () => false }),
      traffic: new TrafficMeter(),
      limits: DEFAULT_LIMITS,
      ...(wall === undefined ? {} : { networkKey: wall })
    })
    await host.start()

    return { host, trick, invitation: await this.#invitation(trick, peerOf(privateKey)) }
  }

  async #invitation(trick: Trick, peer: string): Promise<Uint8Array | undefined> {
    const { owner, jobId } = this.#init
    const now = Math.floor(Date.now() / 1000)
    const standard = { jobId, peer, notBefore: now - DAY, expires: now + DAY, right: 'train' as const }
    if (trick === 'none') return undefined
    if (trick === 'expired') return signed({ ...standard, expires: now - 1 }, owner)
    if (trick === 'borrowed') return signed({ ...standard, peer: peerOf(await generateKey()) }, owner)
    if (trick === 'forged') return signed(standard, await generateKey())

    return signed(standard, owner)
  }
}

function signed(invitation: Parameters<typeof encodeInvitation>[0], signer: PrivateKey): Uint8Array {
  const bytes = encodeInvitation(invitation)

  return Buffer.concat([bytes, keySigning(signer).sign(invitationStatement(bytes))])
}

/** Asks for what members are given. @returns counts the bytes that have come */
async function probe(connection: Connection, jobId: string): Promise<() => number> {
  const prefix = `/starling/${jobId.slice(0, 16)}`
  let bytes = 0
  const ask = async (protocol: string, question: Uint8Array): Promise<void> => {
    const stream: Stream = await connection.newStream(protocol)
    stream.addEventListener('message', ({ data }) => {
      bytes += data.byteLength
    })
    stream.send(question)
  }
  await Promise.allSettled([
    ask('/meshsub/1.1.0', Buffer.alloc(8)),
    ask(`${prefix}/peers/1`, Buffer.alloc(4)),
    ask(`${prefix}/model/1`, Buffer.alloc(41, 1))
  ])

  return () => bytes
}
