import type { GossipSub } from '@libp2p/gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import type { Peer } from '../interface/network.ts'
import type { PeerTable } from './peer-table.ts'

/** What gossipsub has inside; its interface shows less. */
interface Internals {
  createOutboundStream: (peer: PeerId, connection: Connection) => Promise<void>
  readonly streamsOutbound: ReadonlyMap<Peer, unknown>
}

export interface AnnouncementStreamsComponents {
  pubsub: GossipSub
  peers: PeerTable
  clock: Clock
  /** Begins anew what runs on a connection, gossipsub among it. */
  identify: (connection: Connection) => void
  onError: (error: unknown) => void
}

/** How often it is looked after, and how long gossipsub itself gets for it at first. */
const LOOK_MS = 10_000

/**
 * Sees to it that what we announce has a way to each peer: gossipsub opens a stream when a peer says that it speaks it,
 * waits for one peer before it turns to the next, and never opens a second one.
 */
export class AnnouncementStreams {
  readonly #components: AnnouncementStreamsComponents
  readonly #inside: Internals
  /** Each peer's attempts, one after the other; bounded, as the next is, by the connections. */
  readonly #turns = new Map<Peer, Promise<void>>()
  /** They have an attempt waiting or under way. */
  readonly #queued = new Set<Connection>()

  /** Before the host starts. */
  constructor(components: AnnouncementStreamsComponents) {
    const { pubsub } = components
    this.#components = components
    const inside = pubsub as unknown as Internals
    this.#inside = inside
    const create = inside.createOutboundStream.bind(pubsub)
    // returns at once: one peer that never answers must not hold up those who come after it
    inside.createOutboundStream = async (peer, connection) =>
      this.#open(peer.toString(), connection, () => create(peer, connection))
  }

  /** Until the signal aborts: those that were cut off, or never came about, are opened again. */
  async keepOpen(signal: AbortSignal): Promise<void> {
    const { clock, peers, identify } = this.#components
    let before = new Set<Peer>()
    for (;;) {
      await clock.sleep(LOOK_MS, { signal })
      const without = new Set<Peer>()
      for (const [peer, { connection }] of peers.entries()) {
        if (this.#inside.streamsOutbound.has(peer) || this.#turns.has(peer)) continue
        without.add(peer)
        // only at the second look: one that has just come has its first attempt ahead of it
        if (before.has(peer) && connection.status === 'open') identify(connection)
      }
      before = without
    }
  }

  #open(peer: Peer, connection: Connection, create: () => Promise<void>): void {
    if (this.#queued.has(connection)) return

    this.#queued.add(connection)
    const before = this.#turns.get(peer) ?? Promise.resolve()
    const turn = before
      .then(create)
      .catch(this.#components.onError)
      .finally(() => {
        this.#queued.delete(connection)
        if (this.#turns.get(peer) === turn) this.#turns.delete(peer)
      })
    this.#turns.set(peer, turn)
  }
}
