import { createHash } from 'node:crypto'
import type { Peer } from '../../interface/network.ts'
import type { Link } from './chain.ts'

const WORDS = 8

/**
 * The hash of a set: the sum of its members' SHA-256, modulo 2^256. Whatever the order in which members come and go,
 * the same set has the same hash.
 *
 * Source: Bellare and Micciancio, "A new paradigm for collision-free hashing: incrementality at reduced cost",
 * Eurocrypt 1997 (AdHash). A sum of 256 bits is weaker against someone who may choose members freely than a hash of
 * 256 bits; here members are heads of signed logs, of which an author has one, so it tells honest replicas apart.
 */
export class SetHash {
  readonly #words = new Uint32Array(WORDS)
  /** Of these words, when it has been asked for. */
  #text: string | undefined

  add(member: Uint8Array): void {
    this.#combine(member, 1)
  }

  remove(member: Uint8Array): void {
    this.#combine(member, -1)
  }

  /** 64 lower-case hex digits. */
  get text(): string {
    this.#text ??= [...this.#words].map((word) => word.toString(16).padStart(8, '0')).join('')

    return this.#text
  }

  #combine(member: Uint8Array, sign: 1 | -1): void {
    const view = new DataView(member.buffer, member.byteOffset, member.byteLength)
    let carry = 0
    this.#text = undefined
    for (let i = WORDS - 1; i >= 0; i--) {
      const sum = this.#words[i]! + sign * view.getUint32(4 * i) + carry
      this.#words[i] = sum
      carry = Math.floor(sum / 0x1_0000_0000)
    }
  }
}

/** A log of which `length` bytes count. */
export function headMember(author: Peer, length: number, link: Link): Uint8Array {
  return createHash('sha256').update(`starling/spsa/member/head\n${author}\n${length}\n`).update(link).digest()
}

/** An author whose log is void from a place on. */
export function voidMember(author: Peer, place: number): Uint8Array {
  return createHash('sha256').update(`starling/spsa/member/void\n${author}\n${place}\n`).digest()
}
