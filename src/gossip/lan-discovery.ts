import type { ComponentLogger, Logger, PeerDiscovery, PeerInfo, Startable } from '@libp2p/interface'
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns'
import type { Clock } from '../interface/clock.ts'
import { MAX_LISTEN_ADDRESSES } from '../wire/limits.ts'
import { scopeOf } from './address-scope.ts'
import type { GossipLimits } from './limits.ts'
import { TokenBuckets } from './token-bucket.ts'

export interface LanDiscoveryComponents {
  addressManager: MulticastDNSComponents['addressManager']
  clock: Clock
  limits: GossipLimits
  /** Addresses of a node that says that it is of our job. */
  learn: (addresses: readonly string[]) => void
  /** The local network can't be asked: once for each reason. */
  onTrouble: (message: string) => void
}

/** Each node asks so often, and every other answers: all hear all of it. */
const ASK_EVERY_MS = 30_000
/** Reasons that are told once. */
const MAX_REASONS = 8

/** Names the job, so that the nodes of others need not even be asked. @param jobId - 64 hex digits */
export function serviceTag(jobId: string): string {
  return `_starling-${jobId.slice(0, 16)}._udp.local`
}

/**
 * Finds nodes of the job on the local network by multicast DNS. Whoever answers may have made it up: what it says goes
 * into the book of addresses like the word of any peer, and the hello decides.
 */
export class LanDiscovery implements Startable {
  readonly #components: LanDiscoveryComponents
  readonly #service: PeerDiscovery & Startable
  readonly #rate: TokenBuckets

  /** @param tag - see {@link serviceTag} */
  constructor(components: LanDiscoveryComponents, tag: string) {
    const { addressManager, limits, onTrouble } = components
    this.#components = components
    this.#rate = new TokenBuckets({ perSecond: limits.foundPerSecond, burst: limits.foundBurst, maxPeers: 1 })
    // not as one of libp2p's own ways to find peers: it would keep all that anybody on the network makes up
    const service = mdns({ serviceTag: tag, interval: ASK_EVERY_MS })
    const logger = troubleLogger(onTrouble)
    this.#service = service({ addressManager, logger }) as PeerDiscovery & Startable
  }

  async start(): Promise<void> {
    this.#service.addEventListener('peer', this.#onFound)
    await this.#service.start()
  }

  async stop(): Promise<void> {
    this.#service.removeEventListener('peer', this.#onFound)
    await this.#service.stop()
  }

  readonly #onFound = ({ detail: { id, multiaddrs } }: CustomEvent<PeerInfo>): void => {
    const { clock, learn } = this.#components
    if (!this.#rate.take('everyone', clock.now())) return

    const addresses = multiaddrs.slice(0, MAX_LISTEN_ADDRESSES).map((address) => `${address.toString()}/p2p/${id}`)
    // every machine has a loopback address of its own: theirs would lead to ourselves
    learn(addresses.filter((address) => scopeOf(address) !== 'loopback'))
  }
}

/** Keeps of libp2p's log what went wrong. */
function troubleLogger(onTrouble: (message: string) => void): ComponentLogger {
  const told = new Set<string>()
  const tell = (_format: unknown, ...args: unknown[]): void => {
    // the system's words: others are about what somebody on the network has sent
    const error = args.find((arg): arg is Error => arg instanceof Error && 'syscall' in arg)
    if (error === undefined || told.size >= MAX_REASONS || told.has(error.message)) return
    told.add(error.message)
    onTrouble(error.message)
  }
  const nothing = (): void => undefined
  const logger: Logger = Object.assign(nothing, {
    error: tell,
    trace: nothing,
    enabled: true,
    newScope: (): Logger => logger
  })

  return { forComponent: () => logger }
}
