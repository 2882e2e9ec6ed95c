import type { Clock } from '../interface/clock.ts'
import { type CodedError, RejectedError } from '../interface/errors.ts'
import type { Log, LogLevel } from '../interface/log.ts'
import type { Peer, PeerPath, Unsubscribe } from '../interface/network.ts'
import { Emitter } from './emitter.ts'
import { printable } from './job-difference.ts'
import type { GossipEvents } from './network-init.ts'
import type { Reachability } from './reachability.ts'
import { Refusals } from './refusals.ts'
import { TokenBuckets } from './token-bucket.ts'

/** Tells whoever listens, and the log, what happens on the network. */
export class Reports {
  readonly #emitter: Emitter<GossipEvents>
  readonly #write: Log | undefined
  readonly #refusals: Refusals
  readonly #clock: Clock
  /** Of addresses with which there is no handshake. */
  readonly #stuck = new TokenBuckets({ perSecond: 1 / 60, burst: 1, maxPeers: 64 })

  constructor(log: Log | undefined, clock: Clock) {
    this.#write = log
    this.#clock = clock
    this.#refusals = new Refusals({ clock, summarise: this.#summarise })
    this.#emitter = new Emitter(this.error)
  }

  on<K extends keyof GossipEvents>(event: K, listener: (detail: GossipEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(event, listener)
  }

  connected(peer: Peer, agent: string, path: PeerPath): void {
    this.#log('debug', 'peer connected', { peer, agent, path })
    this.#emitter.emit('peer:connected', { peer, path })
  }

  rerouted(peer: Peer, path: PeerPath): void {
    this.#emitter.emit('peer:rerouted', { peer, path })
  }

  reachability(reachability: Reachability, addresses: readonly string[]): void {
    this.#emitter.emit('reachability:changed', { reachability, addresses })
  }

  /** Something that a person can mend, and that does not keep the node from going on. */
  trouble(part: string, message: string): void {
    this.#log('warn', `${part}: ${printable(message, 200)}`, {})
  }

  /** One that takes no part: learners do not hear of it. */
  observed(peer: Peer): void {
    this.#log('info', 'a peer observes', { peer })
  }

  disconnected(peer: Peer): void {
    this.#emitter.emit('peer:disconnected', { peer })
  }

  readonly mismatched = (peer: Peer, differences: readonly string[]): void =>
    this.#refusals.add('ERR_JOB_MISMATCH', () => {
      // which ones says the event: they are the peer's words
      this.#log('warn', 'peer runs another job', { peer, differences: differences.length })
      this.#emitter.emit('job:mismatched', { peer, differences })
    })

  /** Somebody who does not belong here, or to whom we don't; its name costs it nothing, so there may be many. */
  readonly turnedAway = (peer: Peer, error: CodedError): void =>
    this.#refusals.add(error.code, () => {
      const { code, details } = error
      const verdict = error instanceof RejectedError ? error.verdict : 'ignore'
      const isOurs = code === 'ERR_HELLO_REFUSED'
      this.#log('warn', isOurs ? 'a peer does not let us in' : 'turned a peer away', { ...details, peer, code })
      this.#emitter.emit('peer:rejected', { peer, code, verdict })
    })

  /** Somebody who got no further than the handshake, or not so far: then the address is all that is known. */
  readonly barred = (code: string, host: string, peer?: Peer): void =>
    this.#refusals.add(code, () => {
      this.#log('warn', 'turned a connection away', { host, ...(peer === undefined ? {} : { peer }), code })
      if (peer !== undefined) this.#emitter.emit('peer:rejected', { peer, code, verdict: 'ignore' })
    })

  /** The operator's own addresses are tried again and again: once a minute is often enough. The others are peers' words. */
  stuck(address: string, { code, message }: CodedError, isOperators: boolean): void {
    const isTold = isOperators && this.#stuck.take(address, this.#clock.now())
    this.#log(isTold ? 'warn' : 'debug', message, { code })
  }

  /** Who was turned away and not told of; call it every few seconds. */
  summarise(): void {
    this.#refusals.summarise()
  }

  /** Who was turned away since the start, by code. */
  get refusals(): Readonly<Record<string, number>> {
    return this.#refusals.totals
  }

  readonly #summarise = (counts: Readonly<Record<string, number>>): void => {
    this.#log('warn', 'turned more away', counts)
    this.#emitter.emit('strangers:refused', { counts })
  }

  readonly rejected = (peer: Peer, { code, verdict, details }: RejectedError): void => {
    this.#log('debug', 'rejected what a peer sent', { ...details, peer, code, verdict })
    this.#emitter.emit('peer:rejected', { peer, code, verdict })
  }

  refused(peer: Peer, code: string): void {
    this.#log('warn', 'peer refused for a while', { peer, code })
    this.#emitter.emit('peer:refused', { peer, code })
  }

  /** A peer opens more than it may; it can do that as often as it likes. */
  readonly excess = (peer: Peer, { code, details }: CodedError): void => {
    this.#log('debug', 'refused what is too many', { ...details, peer, code })
  }

  readonly error = (error: unknown): void => {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    this.#log('debug', 'network trouble', { name, reason: printable(message, 200) })
  }

  #log(level: LogLevel, message: string, fields: Record<string, string | number>): void {
    this.#write?.(level, message, fields)
  }
}
