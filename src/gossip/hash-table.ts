import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PeerInfo } from '@libp2p/interface'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { ServiceFactoryMap } from 'libp2p'
import type { Clock } from '../interface/clock.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import { MAX_LISTEN_ADDRESSES } from '../wire/limits.ts'

/** Of a table of our own: no node of another network is asked. */
const PROTOCOL = '/starling/kad/1'
/** Streams of one peer at once. */
const MAX_STREAMS = 16
/** How often the table looks for peers near itself: each look asks a few dozen. */
const SELF_QUERY_MS = 5 * 60_000

/** libp2p's services for a table of which this node is a part; loaded only where there is one. */
export async function hashTableServices(): Promise<ServiceFactoryMap> {
  const [{ kadDHT, passthroughMapper }, { ping }] = await Promise.all([
    import('@libp2p/kad-dht'),
    import('@libp2p/ping')
  ])
  const table = kadDHT({
    protocol: PROTOCOL,
    clientMode: false,
    // on a local network all addresses are private ones
    peerInfoMapper: passthroughMapper,
    maxInboundStreams: MAX_STREAMS,
    maxOutboundStreams: MAX_STREAMS,
    querySelfInterval: SELF_QUERY_MS,
    initialQuerySelfInterval: 1_000
  })

  return {
    ping: ping(),
    // libp2p adds `ping` to the components, which their type does not show
    dht: (components) => table(components as unknown as KadDHTComponents)
  }
}

export interface HashTableComponents {
  table: KadDHT
  clock: Clock
  waits: WaitRegister
  hasPeers: () => boolean
  learn: (addresses: readonly string[]) => void
  onError: (error: unknown) => void
}

/** Soon after the start; then less and less often. */
const FIRST_DELAY_MS = 2_000
const MAX_DELAY_MS = 10 * 60_000
/** One look through the table. */
const SEARCH_MS = 30_000
/** Nodes taken from one look: the book of addresses holds no more of them than of others. */
const MAX_FOUND = 64

/** Puts this node's name into the hash table under the job's, and takes from there who else did. */
export class HashTableSearch {
  readonly #components: HashTableComponents
  readonly #jobId: string
  #running: AbortController | undefined

  /** @param jobId - 64 hex digits */
  constructor(components: HashTableComponents, jobId: string) {
    this.#components = components
    this.#jobId = jobId
  }

  start(): void {
    if (this.#running !== undefined) return

    this.#running = new AbortController()
    setMaxListeners(Number.POSITIVE_INFINITY, this.#running.signal)
    this.#loop(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  stop(): void {
    this.#running?.abort(new Error('the network has stopped'))
    this.#running = undefined
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, hasPeers, onError } = this.#components
    for (let delayMs = FIRST_DELAY_MS; ; ) {
      await clock.sleep(delayMs, { signal })
      if (!hasPeers()) continue

      try {
        await this.#provide(signal)
        await this.#find(signal)
      } catch (error) {
        signal.throwIfAborted()
        onError(error)
      }
      delayMs = Math.min(MAX_DELAY_MS, 2 * delayMs)
    }
  }

  async #provide(signal: AbortSignal): Promise<void> {
    const { table, waits } = this.#components
    const key = await jobKey(this.#jobId)
    const spec: WaitSpec = { kind: 'answer', what: 'the hash table to take our name', from: [], timeoutMs: SEARCH_MS }
    const put = async (deadline: AbortSignal): Promise<void> => {
      for await (const _ of table.provide(key, { signal: deadline })) deadline.throwIfAborted()
    }
    await waits.run(spec, put, { signal })
  }

  async #find(signal: AbortSignal): Promise<void> {
    const { table, waits, learn } = this.#components
    const key = await jobKey(this.#jobId)
    const spec: WaitSpec = { kind: 'peers', what: 'nodes of the job in the hash table', from: [], timeoutMs: SEARCH_MS }
    const search = async (deadline: AbortSignal): Promise<void> => {
      let found = 0
      for await (const event of table.findProviders(key, { signal: deadline })) {
        if (event.name !== 'PROVIDER') continue
        for (const provider of event.providers.slice(0, MAX_FOUND - found)) {
          found++
          learn(addressesOf(provider))
        }
        if (found >= MAX_FOUND) return
      }
    }
    await waits.run(spec, search, { signal })
  }
}

function addressesOf({ id, multiaddrs }: PeerInfo): string[] {
  return multiaddrs.slice(0, MAX_LISTEN_ADDRESSES).map((address) => {
    const text = address.toString()

    return text.endsWith(`/p2p/${id}`) ? text : `${text}/p2p/${id}`
  })
}

/**
 * Where in the table the nodes of a job meet: at the id of a key that everyone can make from the job's id, for ids are
 * what libp2p can turn into places of the table.
 */
async function jobKey(jobId: string): Promise<Parameters<KadDHT['provide']>[0]> {
  const seed = createHash('sha256').update(`starling/dht/1\n${jobId}\n`).digest()
  const key = await generateKeyPairFromSeed('Ed25519', seed)

  return peerIdFromPrivateKey(key).toCID()
}
