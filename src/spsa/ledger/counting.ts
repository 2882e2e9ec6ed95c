import type { Peer } from '../../interface/network.ts'
import { boundOf, type Lead } from './lead.ts'
import type { SetHash } from './set-hash.ts'

/** Bytes `from` to before `to` of an author's log count from now on (1), or no more (-1). */
export interface LedgerChange {
  readonly author: Peer
  readonly from: number
  readonly to: number
  readonly direction: 1 | -1
}

export interface CountingInit {
  /** Authors may be so far ahead of others; any distance when left out. */
  lead?: Lead
  hash: SetHash
  /** What stands for so many bytes of a log in the hash. */
  memberOf: (author: Peer, length: number) => Uint8Array
  onChange: (change: LedgerChange) => void
}

/**
 * How much of each log counts: up to where there is any that is neither void nor banned, and no further than the job's
 * lead. A function of these ends alone, whatever the order in which they were told.
 */
export class Counting {
  readonly #init: CountingInit
  /** Of each log, the first place that is missing, void or banned. */
  readonly #ends = new Map<Peer, number>()
  /** How much counts, and what stands for that in the hash; none where nothing counts. */
  readonly #counted = new Map<Peer, { length: number; member: Uint8Array }>()
  /** No log counts beyond. */
  #bound: number

  constructor(init: CountingInit) {
    this.#init = init
    this.#bound = this.#findBound()
  }

  /** Projections that count. */
  get total(): number {
    let sum = 0
    for (const { length } of this.#counted.values()) sum += length

    return sum
  }

  /** How many of the author's bytes count. */
  of(author: Peer): number {
    return this.#counted.get(author)?.length ?? 0
  }

  /** Whether more of the author's log is good than counts: it is too far ahead of the others. */
  isAhead(author: Peer): boolean {
    return this.of(author) < (this.#ends.get(author) ?? 0)
  }

  /** The author's log is good up to `end` from now on. */
  setEnd(author: Peer, end: number): void {
    if (this.#ends.get(author) === end) return
    this.#ends.set(author, end)
    const bound = this.#findBound()
    const hasMoved = bound !== this.#bound
    this.#bound = bound
    for (const moved of hasMoved ? this.#ends.keys() : [author]) this.#count(moved)
  }

  #findBound(): number {
    const { lead } = this.#init

    return lead === undefined ? Infinity : boundOf(this.#ends.values(), lead)
  }

  #count(author: Peer): void {
    const { hash, memberOf, onChange } = this.#init
    const last = this.#counted.get(author)
    const counted = last?.length ?? 0
    const length = Math.min(this.#ends.get(author)!, this.#bound)
    if (length === counted) return

    if (last !== undefined) hash.remove(last.member)
    this.#counted.delete(author)
    if (length > 0) {
      const member = memberOf(author, length)
      hash.add(member)
      this.#counted.set(author, { length, member })
    }
    if (length > counted) onChange({ author, from: counted, to: length, direction: 1 })
    else onChange({ author, from: length, to: counted, direction: -1 })
  }
}
