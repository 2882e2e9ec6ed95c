import type { Peer } from '../interface/network.ts'
import type { DirectionKey } from '../math/signs.ts'
import type { LedgerChange } from './ledger/counting.ts'
import { trimmed } from './trimming.ts'

export interface PendingInit {
  /** A view of an author's log. */
  bytesOf: (author: Peer, from: number, to: number) => Uint8Array
  /** The integer that a byte at this place moves the state by. */
  coefficientOf: (byte: number, place: number) => number
  /** See {@link trimmed}. */
  trim: number
}

/** A projection by whose coefficient the state is still to change. */
export interface PendingProjection {
  readonly author: Peer
  readonly place: number
  /** May change while it waits. */
  coefficient: number
  /** Of its direction, once somebody has asked. */
  key?: DirectionKey
}

/**
 * What separates the state from the ledger: changes are taken in as they come, and those that undo each other cancel
 * here, before they cost anything.
 */
export class Pending {
  readonly #init: PendingInit
  /** How much of each log is in the state, or waits here to be. */
  readonly #lengths = new Map<Peer, number>()
  #sum = 0
  /** By author and place; no coefficient is 0, and no author without a place. */
  readonly #waiting = new Map<Peer, Map<number, PendingProjection>>()

  constructor(init: PendingInit) {
    this.#init = init
  }

  /** Projections that wait. */
  get size(): number {
    let sum = 0
    for (const places of this.#waiting.values()) sum += places.size

    return sum
  }

  /**
   * Sum of the magnitudes of all coefficients that are in the state or wait: no number in the state can be larger. Exact:
   * it falls by what is undone.
   */
  get sum(): number {
    return this.#sum
  }

  add({ author, from, to, direction }: LedgerChange): void {
    const { trim, bytesOf, coefficientOf } = this.#init
    if (trim === 0) {
      const bytes = bytesOf(author, from, to)
      for (const [i, byte] of bytes.entries()) {
        this.#move(author, from + i, coefficientOf(byte, from + i), direction)
      }
    } else {
      for (let place = from; place < to; place++) this.#trim(author, place, direction)
    }
    this.#lengths.set(author, direction === 1 ? to : from)
  }

  /** A projection that is in no log yet. */
  addDraft(author: Peer, place: number, byte: number, direction: 1 | -1): void {
    this.#move(author, place, this.#init.coefficientOf(byte, place), direction)
  }

  /** All that waits, as it stands. */
  peek(): PendingProjection[] {
    return [...this.#waiting.values()].flatMap((places) => [...places.values()])
  }

  /** What waits, of each author the oldest in turn, at most so many: these wait no more. */
  take(most = Infinity): PendingProjection[] {
    if (most >= this.size) {
      const all = this.peek()
      this.#waiting.clear()
      return all
    }
    const taken: PendingProjection[] = []
    while (taken.length < most) {
      for (const author of this.#waiting.keys()) if (taken.length < most) taken.push(this.#takeOldest(author))
    }

    return taken
  }

  /** The state has become that of these logs, up to these lengths: nothing waits. Cost: a pass over bytes, no memory. */
  reset(lengths: readonly { author: Peer; length: number }[]): void {
    this.#waiting.clear()
    this.#lengths.clear()
    for (const { author, length } of lengths) this.#lengths.set(author, length)
    const logs = lengths.map(({ author, length }) => this.#init.bytesOf(author, 0, length))
    this.#sum = this.#init.trim === 0 ? this.#magnitudes(logs) : this.#trimmedMagnitudes(logs)
  }

  /** What these logs count with, in all. */
  #magnitudes(logs: readonly Uint8Array[]): number {
    const { coefficientOf } = this.#init
    let sum = 0
    for (const bytes of logs) {
      for (let place = 0; place < bytes.length; place++) sum += Math.abs(coefficientOf(bytes[place]!, place))
    }

    return sum
  }

  #trimmedMagnitudes(logs: readonly Uint8Array[]): number {
    const { coefficientOf, trim } = this.#init
    const longest = logs.reduce((most, { length }) => Math.max(most, length), 0)
    let sum = 0
    for (let place = 0; place < longest; place++) {
      const bytes = logs.flatMap((log) => (place < log.length ? log[place]! : []))
      for (const byte of trimmed(bytes, trim)) sum += Math.abs(coefficientOf(byte, place))
    }

    return sum
  }

  #takeOldest(author: Peer): PendingProjection {
    const [place, projection] = this.#waiting.get(author)!.entries().next().value!
    this.#remove(author, place)

    return projection
  }

  #remove(author: Peer, place: number): void {
    const places = this.#waiting.get(author)!
    places.delete(place)
    if (places.size === 0) this.#waiting.delete(author)
  }

  /** One author's byte comes or goes, and with it what the others' count at this place. */
  #trim(author: Peer, place: number, direction: 1 | -1): void {
    const { bytesOf, trim, coefficientOf } = this.#init
    const others = [...this.#lengths].filter(([other, length]) => other !== author && length > place)
    const theirs = others.map(([other]) => bytesOf(other, place, place + 1)[0]!)
    const without = trimmed(theirs, trim)
    const withIt = trimmed([...theirs, bytesOf(author, place, place + 1)[0]!], trim)
    for (const [i, [other]] of others.entries()) {
      const before = coefficientOf(direction === 1 ? without[i]! : withIt[i]!, place)
      const after = coefficientOf(direction === 1 ? withIt[i]! : without[i]!, place)
      this.#move(other, place, before, -1)
      this.#move(other, place, after, 1)
    }
    this.#move(author, place, coefficientOf(withIt.at(-1)!, place), direction)
  }

  #move(author: Peer, place: number, coefficient: number, direction: 1 | -1): void {
    this.#sum += direction * Math.abs(coefficient)
    this.#change(author, place, direction * coefficient)
  }

  #change(author: Peer, place: number, by: number): void {
    if (by === 0) return
    let places = this.#waiting.get(author)
    if (places === undefined) {
      places = new Map()
      this.#waiting.set(author, places)
    }
    const known = places.get(place)
    if (known === undefined) places.set(place, { author, place, coefficient: by })
    else {
      known.coefficient += by
      if (known.coefficient === 0) this.#remove(author, place)
    }
  }
}
