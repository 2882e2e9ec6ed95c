import type { CodedError, RejectedError } from '../interface/errors.ts'
import type { Log, LogLevel } from '../interface/log.ts'
import type { Peer, PeerPath, Unsubscribe } from '../interface/network.ts'
import { Emitter } from './emitter.ts'
import { printable } from './job-difference.ts'
import type { GossipEvents } from './network-init.ts'
import type { Reachability } from './reachability.ts'

/** Tells whoever listens, and the log, what happens on the network. */
export class Reports {
  readonly #emitter: Emitter<GossipEvents>
  readonly #write: Log | undefined

  constructor(log: Log | undefined) {
    this.#write = log
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

  disconnected(peer: Peer): void {
    this.#emitter.emit('peer:disconnected', { peer })
  }

  readonly mismatched = (peer: Peer, differences: readonly string[]): void => {
    // which ones says the event: they are the peer's words
    this.#log('warn', 'peer runs another job', { peer, differences: differences.length })
    this.#emitter.emit('job:mismatched', { peer, differences })
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
