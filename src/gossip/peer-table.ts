import type { Connection } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'

export interface AdmittedPeer {
  readonly connection: Connection
  readonly agent: string
  /** Addresses it says it listens on, checked to be multiaddrs, ending in its peer id. */
  readonly listen: readonly string[]
}

/**
 * Connected peers that have passed the hello. Bounded by the host's limit of
 * connections.
 */
export class PeerTable {
  readonly #admitted = new Map<Peer, AdmittedPeer>()
  readonly #waiting = new Map<Peer, Set<() => void>>()
  #sorted: readonly Peer[] | undefined

  /** Sorted. */
  list(): readonly Peer[] {
    this.#sorted ??= Object.freeze([...this.#admitted.keys()].sort())

    return this.#sorted
  }

  has(peer: Peer): boolean {
    return this.#admitted.has(peer)
  }

  get(peer: Peer): AdmittedPeer | undefined {
    return this.#admitted.get(peer)
  }

  entries(): IterableIterator<[Peer, AdmittedPeer]> {
    return this.#admitted.entries()
  }

  /** Returns whether the peer is new here; for a known one the newer connection is used from now on. */
  admit(peer: Peer, admitted: AdmittedPeer): boolean {
    const isNew = !this.#admitted.has(peer)
    this.#admitted.set(peer, admitted)
    this.#sorted = undefined
    for (const resume of this.#waiting.get(peer) ?? []) resume()

    return isNew
  }

  remove(peer: Peer): boolean {
    this.#sorted = undefined

    return this.#admitted.delete(peer)
  }

  /** @throws {CodedError} ERR_PEER_UNKNOWN when we are not connected, or the hello has not passed */
  connection(peer: Peer): Connection {
    const admitted = this.#admitted.get(peer)
    if (admitted === undefined) throw new CodedError('ERR_PEER_UNKNOWN', `not connected to ${peer}`, { peer })

    return admitted.connection
  }

  /** Resolves when the peer has been admitted; at once when it has been before. Rejects with the signal's reason. */
  admitted(peer: Peer, { signal }: AbortOptions): Promise<void> {
    if (this.has(peer)) return Promise.resolve()

    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(peer) ?? new Set()
      this.#waiting.set(peer, waiting)
      const finish = (settle: () => void): void => {
        waiting.delete(resume)
        if (waiting.size === 0) this.#waiting.delete(peer)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const resume = (): void => finish(resolve)
      const onAbort = (): void => finish(() => reject(signal?.reason))

      waiting.add(resume)
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted) onAbort()
    })
  }
}
