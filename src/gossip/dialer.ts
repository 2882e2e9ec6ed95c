import { setMaxListeners } from 'node:events'
import type { Clock } from '../interface/clock.ts'
import type { Peer, PeerPath } from '../interface/network.ts'
import type { AddressBook, DueAddress } from './address-book.ts'
import { parseAddress } from './addresses.ts'
import type { GossipLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'

export interface DialerComponents {
  self: Peer
  book: AddressBook
  peers: PeerTable
  clock: Clock
  limits: GossipLimits
  isRefused: (peer: Peer) => boolean
  /** Connects and greets; rejects when either fails. */
  connect: (address: string, signal: AbortSignal) => Promise<Peer>
}

/** How often the book is looked at when nothing is new: finer than the shortest back-off. */
const TICK_MS = 250
/** libp2p tries three times, five seconds each. */
const PUNCHING_MS = 20_000
/**
 * Dials under way: newcomers must not hit the first node they know all at once. So many to addresses that the operator
 * gave or where a peer was met, and as many to those that we only heard of: whoever makes up addresses keeps us from none
 * of the others.
 */
const MAX_PARALLEL = { sure: 4, heard: 4 }

/** Keeps us connected: dials known addresses while we have fewer peers than we want, each again after its back-off. */
export class Dialer {
  readonly #components: DialerComponents
  /** By peer, or by address where that is not known. */
  readonly #dialling = new Map<string, keyof typeof MAX_PARALLEL>()
  #running: AbortController | undefined

  constructor(components: DialerComponents) {
    this.#components = components
  }

  start(): void {
    if (this.#running !== undefined) return

    this.#running = new AbortController()
    setMaxListeners(Number.POSITIVE_INFINITY, this.#running.signal)
    this.#loop(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  stop(): void {
    this.#running?.abort(new Error('dialer stopped'))
    this.#running = undefined
  }

  /** Addresses a peer told us of: bounded by the decoder, checked here, dialled when due. */
  learn(addresses: readonly string[]): void {
    const { book, self, isRefused } = this.#components
    for (const text of addresses) {
      const parsed = parseAddress(text)
      if (parsed?.peer === undefined || parsed.peer === self || isRefused(parsed.peer)) continue
      book.add({ address: parsed.address, peer: parsed.peer, pinned: false })
    }
    this.#dialDue()
  }

  /** An address that the operator wants: tried again for as long as the node runs. */
  remember(address: string): void {
    const known = parseAddress(address)
    if (known !== undefined) this.#components.book.add({ ...known, pinned: true }, { proven: true })
  }

  /** How many addresses are known, and how long it is until the next is tried: 0 when one is. */
  standing(): { known: number; nextMs: number } {
    const { book, clock } = this.#components
    const dueMs = this.#dialling.size > 0 ? 0 : (book.nextDueMs() ?? 0)

    return { known: book.size, nextMs: Math.max(0, dueMs - clock.now()) }
  }

  /** A peer has left: its addresses are tried again, later when it did not stay long. */
  gone(peer: Peer): void {
    const { book, clock } = this.#components
    book.gone(peer, clock.now())
  }

  async #loop(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#dialDue()
      await this.#components.clock.sleep(TICK_MS, { signal })
    }
  }

  #dialDue(): void {
    const signal = this.#running?.signal
    if (signal === undefined) return

    const { book, peers, clock, limits, isRefused } = this.#components
    let wanted = limits.targetPeers - peers.list().length - this.#dialling.size
    if (wanted <= 0) return

    const room = { ...MAX_PARALLEL }
    for (const kind of this.#dialling.values()) room[kind]--
    for (const known of book.due(clock.now(), (peer) => this.#pathOf(peer))) {
      const kind = known.pinned || known.proven ? 'sure' : 'heard'
      // at most one address of each peer at a time
      if (room[kind] <= 0 || this.#dialling.has(keyOf(known))) continue
      if (known.peer !== undefined && isRefused(known.peer)) continue

      void this.#dial(known, kind, signal)
      room[kind]--
      if (--wanted === 0) return
    }
  }

  /** A peer that has just come through a relay is left alone: the two ends may be about to punch a hole. */
  #pathOf(peer: Peer): PeerPath | undefined {
    const { peers } = this.#components
    const path = peers.path(peer)
    const sinceMs = Date.now() - (peers.get(peer)?.connection.timeline.open ?? 0)

    return path === 'relayed' && sinceMs < PUNCHING_MS ? 'direct' : path
  }

  async #dial(known: DueAddress, kind: keyof typeof MAX_PARALLEL, signal: AbortSignal): Promise<void> {
    const { book, clock, connect } = this.#components
    const { address } = known
    const key = keyOf(known)
    this.#dialling.set(key, kind)
    try {
      const found = await connect(address, signal)
      book.succeeded(address, found, clock.now())
    } catch {
      book.failed(address, clock.now())
    } finally {
      this.#dialling.delete(key)
    }
  }
}

function keyOf({ peer, address }: DueAddress): string {
  return peer ?? address
}
