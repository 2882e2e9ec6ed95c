import { CodedError } from '../interface/errors.ts'
import type { NetworkEvents, Peer } from '../interface/network.ts'
import { Digest } from './digest.ts'
import type { Endpoint } from './endpoint.ts'
import { EventQueue, type SimEvent } from './event-queue.ts'
import type { LinkSpec } from './link-spec.ts'
import { Links } from './links.ts'
import type { TraceEvent, TraceKind } from './trace.ts'

export interface WorldInit {
  seed: number
  links: LinkSpec
  onTrace?: (event: TraceEvent) => void
}

/** Of nodes that no group names. */
const REST_GROUP = -1

/** What the nodes of a simulation share: time, the events to come, the links, and who is where. */
export class World {
  readonly queue = new EventQueue()
  readonly digest = new Digest()
  readonly links: Links
  readonly detectMs: number
  /** Subscribers by topic, in the order of subscribing. */
  readonly topics = new Map<string, Set<Endpoint>>()
  /** By slot: the latest life of each node. */
  readonly endpoints: Endpoint[] = []
  nowMs = 0
  /** Processed so far. */
  events = 0
  /** How often the groups were changed. */
  groupings = 0
  /** The first error that nobody foresaw: a bug in a handler or listener. It ends the run. */
  fault: unknown
  readonly #onTrace: ((event: TraceEvent) => void) | undefined
  readonly #slots = new Map<Peer, number>()
  readonly #sorted: { readonly peer: Peer; readonly slot: number }[] = []
  /** Nodes of different groups cannot reach each other. */
  #groups = new Map<Peer, number>()

  constructor({ seed, links, onTrace }: WorldInit) {
    this.#onTrace = onTrace
    this.detectMs = links.detectMs
    this.links = new Links(this, links, seed)
  }

  /** All nodes there ever were, by name. */
  get sorted(): readonly { readonly peer: Peer; readonly slot: number }[] {
    return this.#sorted
  }

  at(timeMs: number, event: SimEvent): void {
    this.queue.push(timeMs, event)
  }

  find(peer: Peer): Endpoint | undefined {
    const slot = this.#slots.get(peer)

    return slot === undefined ? undefined : this.endpoints[slot]
  }

  /** The place of a node in all tables; the same one when it comes back. */
  slotOf(peer: Peer): number {
    let slot = this.#slots.get(peer)
    if (slot === undefined) {
      slot = this.#slots.size
      this.#slots.set(peer, slot)
      const place = this.#sorted.findIndex((other) => other.peer > peer)
      this.#sorted.splice(place === -1 ? this.#sorted.length : place, 0, { peer, slot })
    }

    return slot
  }

  /** Puts the nodes named into groups, and all others, newcomers too, into one more. */
  setGroups(groups: readonly (readonly Peer[])[]): void {
    this.groupings++
    this.#groups = new Map(groups.flatMap((peers, group) => peers.map((peer) => [peer, group])))
    for (const endpoint of this.endpoints) endpoint.group = this.groupOf(endpoint.peer)
  }

  groupOf(peer: Peer): number {
    return this.#groups.get(peer) ?? REST_GROUP
  }

  isReachable(from: Endpoint, to: Endpoint): boolean {
    return from.group === to.group
  }

  /** What a handler or listener threw. Errors with a code, and aborts, are how our own code gives up; others are bugs. */
  failed(error: unknown): void {
    const isForeseen = error instanceof CodedError || (error instanceof Error && error.name === 'AbortError')
    if (!isForeseen) this.fault ??= error
  }

  emit<K extends keyof NetworkEvents>(at: Endpoint, event: K, detail: NetworkEvents[K]): void {
    if (at.listeners[event].size === 0) return
    for (const listener of [...at.listeners[event]]) {
      try {
        listener(detail)
      } catch (error) {
        this.failed(error)
      }
    }
  }

  trace(kind: TraceKind, from?: Endpoint, to?: Endpoint, what?: string, bytes?: number): void {
    if (this.#onTrace === undefined) return

    const event: TraceEvent = { ms: this.nowMs, kind }
    if (from !== undefined) event.from = from.peer
    if (to !== undefined) event.to = to.peer
    if (what !== undefined) event.what = what
    if (bytes !== undefined) event.bytes = bytes
    this.#onTrace(event)
  }
}
