import type { Peer } from '../interface/network.ts'
import { backoffMs, type ReconnectPolicy } from './reconnect.ts'

/** A place where a peer is said to listen. */
export interface KnownAddress {
  /** Multiaddr text. */
  readonly address: string
  /** Who should answer there; undefined for a configured address without a peer id. */
  readonly peer: Peer | undefined
  /** Configured by the operator: never forgotten. */
  readonly pinned: boolean
}

interface Entry extends KnownAddress {
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

  /** Remembers an address; one already known keeps its history. */
  add(known: KnownAddress): void {
    if (this.#entries.has(known.address)) return
    if (this.#entries.size >= this.#init.maxAddresses && !this.#dropWorst()) return

    this.#entries.set(known.address, {
      ...known,
      failures: 0,
      proven: false,
      dueMs: 0,
      connectedMs: undefined,
      found: known.peer
    })
  }

  /** Addresses that may be dialled now, of peers not in `connected`; those that failed least first. */
  due(nowMs: number, connected: ReadonlySet<Peer>): KnownAddress[] {
    return [...this.#entries.values()]
      .filter(({ dueMs, found }) => dueMs <= nowMs && !(found !== undefined && connected.has(found)))
      .sort((a, b) => a.failures - b.failures)
  }

  /** `found` answered there. Earlier failures are forgiven when the connection has held: see {@link gone}. */
  succeeded(address: string, found: Peer, nowMs: number): void {
    const entry = this.#entries.get(address)
    if (entry !== undefined) Object.assign(entry, { proven: true, dueMs: 0, connectedMs: nowMs, found })
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

    entry.failures++
    entry.dueMs = nowMs + backoffMs(entry.failures, this.#init.uniform(), this.#init.policy)
    if (!entry.pinned && entry.failures >= this.#init.policy.maxFailures) this.#entries.delete(address)
  }

  forget(address: string): void {
    this.#entries.delete(address)
  }

  /** Makes room at the expense of what failed most; addresses that a peer made up never push out proven ones. */
  #dropWorst(): boolean {
    let worst: Entry | undefined
    for (const entry of this.#entries.values()) {
      if (!entry.pinned && !entry.proven && (worst === undefined || entry.failures > worst.failures)) worst = entry
    }
    if (worst === undefined) return false

    return this.#entries.delete(worst.address)
  }
}
