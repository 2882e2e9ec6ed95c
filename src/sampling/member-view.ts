import type { MemberEntry, MemberRecord, MemberStatus } from '../interface/membership.ts'
import type { Peer } from '../interface/network.ts'
import { ChangeLog } from './change-log.ts'
import { compareMembership, initialRecord, leqRecord, mergeRecords } from './view.ts'
import { ViewDigest } from './view-digest.ts'

export interface MemberViewInit {
  /** Has a place whatever the number of members. */
  self: Peer
  /** Members kept; unknown ones beyond are dropped, known ones go on being updated. */
  maxMembers: number
}

/** A view as plain data, for checkpoints. */
export interface MemberViewJson {
  readonly members: readonly (readonly [Peer, number, number, number, MemberStatus, number])[]
}

/** Changes that deltas may tell of: two full notices. Whoever missed more asks for the view. */
const LOGGED_CHANGES = 1024

/**
 * The view that a node keeps: {@link mergeViews} in place, with a digest of
 * the membership and a log of what changed. A `stamp` is the node's own round
 * at the time: the round under which a change is remembered.
 *
 * Members that have not changed since the start share one record, and cost a
 * place in a map each.
 */
export class MemberView implements Iterable<[Peer, MemberRecord]> {
  readonly self: Peer
  readonly #maxMembers: number
  readonly #records = new Map<Peer, MemberRecord>()
  readonly #log = new ChangeLog(LOGGED_CHANGES)
  readonly #digest = new ViewDigest()
  #dropped = 0

  constructor({ self, maxMembers }: MemberViewInit) {
    this.self = self
    this.#maxMembers = maxMembers
  }

  static fromJSON({ members }: MemberViewJson, init: MemberViewInit): MemberView {
    const view = new MemberView(init)
    for (const [peer, lastActive, lastSilent, index, status, since] of members) {
      view.#raise(peer, { lastActive, lastSilent, index, status, since })
    }

    return view
  }

  get size(): number {
    return this.#records.size
  }

  /** Times that an unknown peer was turned away because the view was full. */
  get dropped(): number {
    return this.#dropped
  }

  /** 16 lower-case hex digits, the same for all nodes with the same membership; see {@link ViewDigest}. */
  get digest(): string {
    return this.#digest.toString()
  }

  get(peer: Peer): MemberRecord | undefined {
    return this.#records.get(peer)
  }

  entries(): MapIterator<[Peer, MemberRecord]> {
    return this.#records.entries()
  }

  [Symbol.iterator](): MapIterator<[Peer, MemberRecord]> {
    return this.#records.entries()
  }

  /** Members from the start, whom everybody knows: no change to tell of. */
  seed(peers: Iterable<Peer>): void {
    for (const peer of peers) this.#raise(peer, initialRecord)
  }

  /** @returns the peers that are new or whose membership (not just activity) changed */
  merge(entries: Iterable<MemberEntry>, stamp: number): Peer[] {
    const changed: Peer[] = []
    for (const entry of entries) {
      const before = this.#records.get(entry.peer)
      const after = this.#apply(entry.peer, entry, stamp)
      if (after !== undefined && (before === undefined || compareMembership(before, after) !== 0)) {
        changed.push(entry.peer)
      }
    }

    return changed
  }

  /** `peer` was active in `round`. Nothing happens when it is unknown: activity makes nobody a member. */
  touch(peer: Peer, round: number, stamp: number): void {
    const record = this.#records.get(peer)
    if (record !== undefined && record.lastActive < round) this.#apply(peer, { ...record, lastActive: round }, stamp)
  }

  /** `peer` did not answer in `round`. Nothing happens when it is unknown. */
  silence(peer: Peer, round: number, stamp: number): void {
    const record = this.#records.get(peer)
    if (record !== undefined && record.lastSilent < round) this.#apply(peer, { ...record, lastSilent: round }, stamp)
  }

  /**
   * `peer` said that it joins, in `round`; that shows it to be active then.
   *
   * @returns whether its membership changed: false for old news, and for an unknown peer when the view is full
   */
  join(peer: Peer, index: number, round: number, stamp: number): boolean {
    const news: MemberEntry = { peer, lastActive: round, lastSilent: -1, index, status: 'join', since: round }

    return this.merge([news], stamp).length > 0
  }

  /** `peer` said that it leaves, in `round`. Returned as by {@link join}. */
  leave(peer: Peer, index: number, round: number, stamp: number): boolean {
    const news: MemberEntry = { peer, lastActive: -1, lastSilent: -1, index, status: 'leave', since: round }

    return this.merge([news], stamp).length > 0
  }

  /**
   * The records that changed under `stamp` or later, the newest change first:
   * the delta that travels with a model. Reads no more than the changes.
   */
  changedSince(stamp: number, limit: number): MemberEntry[] {
    return Array.from(this.#log.since(stamp, limit), (peer) => ({ peer, ...this.#records.get(peer)! }))
  }

  /** The first `limit` members after `after` in ascending order; after `''` come all. Sorts the whole view. */
  page(after: Peer | '', limit: number): MemberEntry[] {
    const later = [...this.#records.keys()].filter((peer) => peer > after).sort()

    return later.slice(0, limit).map((peer) => ({ peer, ...this.#records.get(peer)! }))
  }

  /** All but the log: after a restart, deltas begin anew. */
  toJSON(): MemberViewJson {
    const members = Array.from(
      this.#records,
      ([peer, { lastActive, lastSilent, index, status, since }]) =>
        [peer, lastActive, lastSilent, index, status, since] as const
    )

    return { members }
  }

  /** @returns the record that changed, undefined when none did */
  #apply(peer: Peer, news: MemberRecord, stamp: number): MemberRecord | undefined {
    const after = this.#raise(peer, news)
    if (after !== undefined) this.#log.note(peer, stamp)

    return after
  }

  #raise(peer: Peer, news: MemberRecord): MemberRecord | undefined {
    const before = this.#records.get(peer)
    if (before === undefined && !this.#hasRoomFor(peer)) {
      this.#dropped++
      return undefined
    }

    const after = before === undefined ? news : mergeRecords(before, news)
    if (after === before) return undefined

    // an entry is more than a record, and would keep alive the message that it came with
    const stored = leqRecord(after, initialRecord) ? initialRecord : toRecord(after)
    // activity, which changes all the time, is no part of the digest
    if (before === undefined || compareMembership(before, stored) !== 0) {
      if (before !== undefined) this.#digest.remove(peer, before)
      this.#digest.add(peer, stored)
    }
    this.#records.set(peer, stored)

    return stored
  }

  #hasRoomFor(peer: Peer): boolean {
    const others = this.#records.size - (this.#records.has(this.self) ? 1 : 0)

    return peer === this.self || others < this.#maxMembers - 1
  }
}

function toRecord({ lastActive, lastSilent, index, status, since }: MemberRecord): MemberRecord {
  return { lastActive, lastSilent, index, status, since }
}
