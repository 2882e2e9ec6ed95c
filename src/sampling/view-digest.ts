import type { MemberRecord } from '../interface/membership.ts'
import type { Peer } from '../interface/network.ts'

/**
 * A sum over the members of a view, kept up to date in constant time per
 * change. Equal memberships have equal digests, whatever the order in which
 * they came about; different ones differ but for a chance of 2^-64.
 *
 * It tells honest nodes that they differ; it proves nothing to anyone, since
 * a forger finds other members with the same sum easily. Activity is left out:
 * that is different on every node all the time.
 */
export class ViewDigest {
  #low = 0
  #high = 0

  add(peer: Peer, record: MemberRecord): void {
    this.#low = (this.#low + hashMember(peer, record, LOW_SEED)) >>> 0
    this.#high = (this.#high + hashMember(peer, record, HIGH_SEED)) >>> 0
  }

  remove(peer: Peer, record: MemberRecord): void {
    this.#low = (this.#low - hashMember(peer, record, LOW_SEED)) >>> 0
    this.#high = (this.#high - hashMember(peer, record, HIGH_SEED)) >>> 0
  }

  /** 16 lower-case hex digits; zeros without members. */
  toString(): string {
    return hex(this.#high) + hex(this.#low)
  }
}

/** Two sums of 32 bits with hashes of their own: numbers without BigInt. Any two seeds would do. */
const LOW_SEED = 0x9747_b28c
const HIGH_SEED = 0x3c6e_f372

/** MurmurHash3 (x86, 32 bits), with a UTF-16 unit, or a number, in place of each block of four bytes. */
function hashMember(peer: Peer, { index, status, since }: MemberRecord, seed: number): number {
  let hash = seed
  for (let k = 0; k < peer.length; k++) hash = mix(hash, peer.charCodeAt(k))
  hash = mix(hash, index)
  hash = mix(hash, status === 'leave' ? 1 : 0)
  hash = mix(hash, since)

  return finish(hash ^ peer.length)
}

function mix(hash: number, block: number): number {
  const scrambled = Math.imul(rotate(Math.imul(block, 0xcc9e_2d51), 15), 0x1b87_3593)

  return (Math.imul(rotate(hash ^ scrambled, 13), 5) + 0xe654_6b64) | 0
}

function finish(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2_ae35)

  return (second ^ (second >>> 16)) >>> 0
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
