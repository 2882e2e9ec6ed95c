import type { Clock } from '../interface/clock.ts'
import { RejectedError } from '../interface/errors.ts'
import type { Network, Peer, Unsubscribe } from '../interface/network.ts'
import { decodeAddresses, encodeAddresses } from '../wire/addresses-codec.ts'
import { MAX_KNOWN_ADDRESSES } from '../wire/limits.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'

export interface PeerExchangeComponents {
  network: Pick<Network, 'peers' | 'request' | 'handle' | 'on'>
  judge: Judge
  clock: Clock
  limits: GossipLimits
  /** Random numbers of [0, 1). */
  uniform: () => number
  /** Where we can be reached now, best first. */
  own: () => readonly string[]
  /** So many addresses of others to tell `to`. */
  known: (to: Peer, most: number) => readonly string[]
  /** Addresses that a peer told us, its own among them. */
  learn: (addresses: readonly string[], from: Peer) => void
  onError: (error: unknown) => void
}

const PROTOCOL = 'peers'
/** Soon after a change: nodes that start together learn of one another within a second. */
const FIRST_DELAY_MS = 200
/** In a quiet network. */
const MAX_DELAY_MS = 30_000
/** Peers that are told at once of new addresses of ours. */
const MAX_TOLD_AT_ONCE = 8

/**
 * Swaps addresses with a random peer, again and again, less and less often while nothing changes: a hello tells only whom
 * a peer knew, and where it was, at that moment.
 */
export class PeerExchange {
  readonly #components: PeerExchangeComponents
  #running: AbortController | undefined
  #delayMs = FIRST_DELAY_MS
  #ended: Unsubscribe[] = []

  constructor(components: PeerExchangeComponents) {
    this.#components = components
  }

  start(): void {
    if (this.#running !== undefined) return

    const { network, known, learn } = this.#components
    this.#running = new AbortController()
    this.#ended = [
      network.handle(PROTOCOL, {
        request: async (from, bytes) => {
          if (bytes.byteLength > 0) learn(decodeAddresses(bytes), from)
          const own = this.#own()
          return encodeAddresses([...own, ...known(from, MAX_KNOWN_ADDRESSES - own.length)])
        },
        forObservers: true
      }),
      network.on('peer:connected', () => {
        this.#delayMs = FIRST_DELAY_MS
      })
    ]
    this.#loop(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  stop(): void {
    this.#running?.abort(new Error('peer exchange stopped'))
    this.#running = undefined
    for (const end of this.#ended.splice(0)) end()
  }

  /** Tells every peer where we are now. */
  async announce(): Promise<void> {
    const signal = this.#running?.signal
    const peers = [...this.#components.network.peers()]
    const tell = async (): Promise<void> => {
      for (let peer = peers.pop(); peer !== undefined; peer = peers.pop()) {
        if (signal !== undefined && !signal.aborted) await this.#swap(peer, signal).catch(() => undefined)
      }
    }
    await Promise.all(Array.from({ length: MAX_TOLD_AT_ONCE }, tell))
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let dueMs = 0
    for (;;) {
      await this.#components.clock.sleep(FIRST_DELAY_MS, { signal })
      const now = this.#components.clock.now()
      if (now < dueMs && this.#delayMs > FIRST_DELAY_MS) continue

      this.#delayMs = Math.min(MAX_DELAY_MS, 2 * this.#delayMs)
      dueMs = now + this.#delayMs
      await this.#ask(signal)
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { network, limits, uniform } = this.#components
    const peers = network.peers()
    if (peers.length === 0 || peers.length >= limits.targetPeers) return

    await this.#swap(peers[Math.floor(uniform() * peers.length)]!, signal)
  }

  async #swap(peer: Peer, signal: AbortSignal): Promise<void> {
    const { network, judge, learn, onError } = this.#components
    let answer: Uint8Array
    try {
      answer = await network.request(peer, PROTOCOL, encodeAddresses(this.#own()), { signal })
    } catch (error) {
      signal.throwIfAborted()
      return onError(error) // `request` has applied the verdict, if there is one
    }

    try {
      learn(decodeAddresses(answer), peer)
    } catch (error) {
      if (error instanceof RejectedError) judge.reject(peer, error)
      else onError(error)
    }
  }

  /** At most half of a message: the other half is for others. */
  #own(): readonly string[] {
    return this.#components.own().slice(0, MAX_KNOWN_ADDRESSES / 2)
  }
}
