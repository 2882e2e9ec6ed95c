import type { Clock } from '../interface/clock.ts'
import { RejectedError } from '../interface/errors.ts'
import type { Network, Peer, Unsubscribe } from '../interface/network.ts'
import { decodeAddresses, encodeAddresses } from '../wire/addresses-codec.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'

export interface PeerExchangeComponents {
  network: Pick<Network, 'peers' | 'request' | 'handle' | 'on'>
  judge: Judge
  clock: Clock
  limits: GossipLimits
  /** Random numbers of [0, 1). */
  uniform: () => number
  /** Addresses to tell `to`. */
  known: (to: Peer) => readonly string[]
  learn: (addresses: readonly string[]) => void
  onError: (error: unknown) => void
}

const PROTOCOL = 'peers'
const NOTHING = new Uint8Array(0)
/** Soon after a change: nodes that start together learn of one another within a second. */
const FIRST_DELAY_MS = 200
/** In a quiet network. */
const MAX_DELAY_MS = 30_000

/**
 * Asks a random peer for addresses, again and again, less and less often while
 * nothing changes: a hello tells only whom a peer knew at that moment.
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

    const { network, known } = this.#components
    this.#running = new AbortController()
    this.#ended = [
      network.handle(PROTOCOL, { request: async (from) => encodeAddresses(known(from)) }),
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
    const { network, judge, limits, uniform, learn, onError } = this.#components
    const peers = network.peers()
    if (peers.length === 0 || peers.length >= limits.targetPeers) return

    const peer = peers[Math.floor(uniform() * peers.length)]!
    let answer: Uint8Array
    try {
      answer = await network.request(peer, PROTOCOL, NOTHING, { signal })
    } catch (error) {
      signal.throwIfAborted()
      return onError(error) // `request` has applied the verdict, if there is one
    }

    try {
      learn(decodeAddresses(answer))
    } catch (error) {
      if (error instanceof RejectedError) judge.reject(peer, error)
      else onError(error)
    }
  }
}
