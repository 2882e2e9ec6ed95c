import type { Peer, PeerPath } from '../interface/network.ts'
import { isRelayed } from './addresses.ts'
import { backoffMs, isHopeless, type ReconnectPolicy } from './reconnect.ts'

/** A place where a peer is said to listen. */
export interface KnownAddress {
  /** Multiaddr text. */
  readonly address: string
  /** Who should answer there; undefined for a configured address without a peer id. */
  readonly peer: Peer | undefined
  /** Configured by the operator: never forgotten. */
  readonly pinned: boolean
}

/** One that may be dialled now. */
export interface DueAddress extends KnownAddress {
  /** Has led to a peer of our job before. */
  readonly proven: boolean
}

interface Entry extends KnownAddress {
  pinned: boolean
  /** Through a relay: the last resort. */
  readonly relayed: boolean
  failures: number
  /** Has led to a peer of our job before. */
  proven: boolean
  /** Not to be dialled before. */
  dueMs: number
  /** Since when a dial of ours holds; undefined while none does. */
  connectedMs: number | undefined
  /** Who answered last. */
  found: Peer | undefined
}

export interface AddressBookInit {
  maxAddresses: number
  policy: ReconnectPolicy
  /** Random numbers of [0, 1), for jitter. */
  uniform: () => number
}

/** So many addresses where peers were met are kept however often they fail: a line that is down for days comes back. */
const KEPT_PROVEN = 16

/** Where peers can be found, and when to try them again. Plain data, bounded; knows nothing of sockets. */
export class AddressBook {
  readonly #init: AddressBookInit
  readonly #entries = new Map<string, Entry>()

  constructor(init: AddressBookInit) {
    this.#init = init
  }

  get size(): number {
    return this.#entries.size
  }

  /** Is it the operator's? */
  isPinned(address: string): boolean {
    return this.#entries.get(address)?.pinned === true
  }

  /** Remembers an address; one already known keeps its history. What the operator gives always finds a place. */
  add(known: KnownAddress, { proven = false } = {}): void {
    const entry = this.#entries.get(known.address)
    if (entry !== undefined) {
      entry.proven ||= proven
      entry.pinned ||= known.pinned
      return
    }
    if (this.#entries.size >= this.#init.maxAddresses && !this.#dropWorst(known.pinned)) return

    this.#entries.set(known.address, {
      ...known,
      relayed: isRelayed(known.address),
      failures: 0,
      proven,
      dueMs: 0,
      connectedMs: undefined,
      found: known.peer
    })
  }

  /**
   * Addresses that may be dialled now: those that need no relay and failed least first. A peer that is connected through a
   * relay is dialled where it needs none.
   */
  due(nowMs: number, pathOf: (peer: Peer) => PeerPath | undefined): DueAddress[] {
    return [...this.#entries.values()]
      .filter(({ dueMs, found, relayed }) => {
        const path = found === undefined ? undefined : pathOf(found)
        return dueMs <= nowMs && (path === undefined || (path === 'relayed' && !relayed))
      })
      .sort((a, b) => Number(a.relayed) - Number(b.relayed) || a.failures - b.failures)
  }

  /** When the next may be dialled; undefined when none is known. */
  nextDueMs(): number | undefined {
    if (this.#entries.size === 0) return undefined

    return Math.min(...Array.from(this.#entries.values(), ({ dueMs }) => dueMs))
  }

  /** Addresses where peers of the job answered, the latest first. */
  proven(): KnownAddress[] {
    return [...this.#entries.values()].filter(({ proven, peer }) => proven && peer !== undefined).reverse()
  }

  /** `found` answered there. Earlier failures are forgiven when the connection has held: see {@link gone}. */
  succeeded(address: string, found: Peer, nowMs: number): void {
    const entry = this.#entries.get(address)
    if (entry === undefined) return

    Object.assign(entry, { proven: true, dueMs: 0, connectedMs: nowMs, found })
    this.#entries.delete(address) // and to the end
    this.#entries.set(address, entry)
  }

  /** The peer has left. One that takes us in only to drop us counts as failed, or we would knock without end. */
  gone(peer: Peer, nowMs: number): void {
    for (const [address, entry] of this.#entries) {
      if (entry.found !== peer || entry.connectedMs === undefined) continue

      const heldMs = nowMs - entry.connectedMs
      entry.connectedMs = undefined
      if (heldMs >= this.#init.policy.stableMs) entry.failures = 0
      else this.failed(address, nowMs)
    }
  }

  failed(address: string, nowMs: number): void {
    const entry = this.#entries.get(address)
    if (entry === undefined) return

    const { policy, uniform } = this.#init
    entry.failures++
    const attempts = { failures: entry.failures, isProven: entry.proven || entry.pinned, uniform: uniform() }
    entry.dueMs = nowMs + backoffMs(attempts, policy)
    if (entry.pinned || !isHopeless(attempts, policy)) return
    if (!entry.proven || this.proven().length > KEPT_PROVEN) this.#entries.delete(address)
  }

  /**
   * Makes room at the expense of what failed most; addresses that a peer made up never push out proven ones, those of the
   * operator do.
   */
  #dropWorst(evenProven: boolean): boolean {
    let worst: Entry | undefined
    for (const entry of this.#entries.values()) {
      if (entry.pinned || (entry.proven && !evenProven)) continue
      if (worst === undefined || worseOf(entry, worst)) worst = entry
    }
    if (worst === undefined) return false

    return this.#entries.delete(worst.address)
  }
}

/** Is `a` to go before `b`? */
function worseOf(a: Entry, b: Entry): boolean {
  return a.proven === b.proven ? a.failures > b.failures : b.proven
}
