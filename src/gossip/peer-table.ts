import type { Connection } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import type { Peer, PeerPath } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { Standing } from './membership.ts'

export interface AdmittedPeer {
  readonly connection: Connection
  readonly agent: string
  /** Addresses it says it listens on, checked to be multiaddrs, ending in its peer id. */
  readonly listen: readonly string[]
  readonly standing: Standing
}

/**
 * Connected peers that have passed the hello. Bounded by the host's limit of
 * connections.
 */
export class PeerTable {
  readonly #admitted = new Map<Peer, AdmittedPeer>()
  readonly #waiting = new Map<Peer, Set<() => void>>()
  readonly #onRerouted: (peer: Peer, path: PeerPath) => void
  #sorted: readonly Peer[] | undefined
  #members: readonly Peer[] | undefined
  #direct: readonly Peer[] | undefined

  /** @param onRerouted - told when a peer that was connected through a relay is so no more, or the other way round */
  constructor(onRerouted: (peer: Peer, path: PeerPath) => void = () => undefined) {
    this.#onRerouted = onRerouted
  }

  /** All of them, sorted. */
  list(): readonly Peer[] {
    this.#sorted ??= Object.freeze([...this.#admitted.keys()].sort())

    return this.#sorted
  }

  /** Those that take part: all but the observers. Sorted. */
  members(): readonly Peer[] {
    this.#members ??= Object.freeze(this.list().filter((peer) => this.isMember(peer)))

    return this.#members
  }

  /** Of these, who is connected without a relay; sorted. */
  directMembers(): readonly Peer[] {
    this.#direct ??= Object.freeze(this.members().filter((peer) => this.path(peer) === 'direct'))

    return this.#direct
  }

  isMember(peer: Peer): boolean {
    return this.#admitted.get(peer)?.standing.right === 'train'
  }

  path(peer: Peer): PeerPath | undefined {
    const admitted = this.#admitted.get(peer)

    return admitted === undefined ? undefined : pathOf(admitted.connection)
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

  /** Returns whether the peer is new here; for a known one the better connection is used from now on. */
  admit(peer: Peer, admitted: AdmittedPeer): boolean {
    const before = this.#admitted.get(peer)
    const connection = better(admitted.connection, before?.connection)
    this.#admitted.set(peer, { ...admitted, connection })
    this.#forgetLists()
    for (const resume of this.#waiting.get(peer) ?? []) resume()
    if (before !== undefined && pathOf(before.connection) !== pathOf(connection)) {
      this.#onRerouted(peer, pathOf(connection))
    }

    return before === undefined
  }

  /** What a peer says of where it listens, later than in its hello. */
  relocate(peer: Peer, listen: readonly string[]): void {
    const admitted = this.#admitted.get(peer)
    if (admitted !== undefined) this.#admitted.set(peer, { ...admitted, listen })
  }

  /** @returns what is removed */
  remove(peer: Peer): AdmittedPeer | undefined {
    const admitted = this.#admitted.get(peer)
    this.#forgetLists()
    this.#admitted.delete(peer)

    return admitted
  }

  #forgetLists(): void {
    this.#sorted = undefined
    this.#members = undefined
    this.#direct = undefined
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

/** Also of a relay that sets no limits. */
export function pathOf({ direct, limits }: Connection): PeerPath {
  return direct && limits === undefined ? 'direct' : 'relayed'
}

/** The newer one, unless it needs a relay and the older does not. */
function better(newer: Connection, older: Connection | undefined): Connection {
  if (older?.status !== 'open') return newer

  return pathOf(newer) === 'relayed' && pathOf(older) === 'direct' ? older : newer
}
