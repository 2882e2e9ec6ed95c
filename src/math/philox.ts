import type { Rng } from '../interface/rng.ts'

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10
const TWO_POW_32 = 0x1_0000_0000

/** High 32 bits of the 64-bit product of two uint32, by 16-bit halves: exact in float64. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const cross = (middle & 0xffff) + aLow * bHigh

  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0
}

/**
 * The Philox4x32-10 bijection: four random words for a counter and a key.
 *
 * Integers only, so the same bits on every machine; any counter can be
 * evaluated on its own.
 *
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * @param counter - four uint32, read only
 * @param out - receives four uint32; may be `counter`
 */
export function philox4x32(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  let x0 = counter[0]!
  let x1 = counter[1]!
  let x2 = counter[2]!
  let x3 = counter[3]!
  let k0 = key0 >>> 0
  let k1 = key1 >>> 0

  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(x0, MULTIPLIER_0)
    const high1 = mulHigh(x2, MULTIPLIER_1)
    const low0 = Math.imul(x0, MULTIPLIER_0)
    const low1 = Math.imul(x2, MULTIPLIER_1)
    x0 = (high1 ^ x1 ^ k0) >>> 0
    x1 = low1 >>> 0
    x2 = (high0 ^ x3 ^ k1) >>> 0
    x3 = low0 >>> 0
    k0 = (k0 + WEYL_0) >>> 0
    k1 = (k1 + WEYL_1) >>> 0
  }

  out[0] = x0
  out[1] = x1
  out[2] = x2
  out[3] = x3
}

/** FNV-1a, 32 bits: spreads the names of streams over keys. Not for anything an attacker chooses. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)

  return hash >>> 0
}

/** A Philox stream: the counter counts up from zero, four words at a time. */
export class PhiloxRng implements Rng {
  readonly #key0: number
  readonly #key1: number
  readonly #counter = new Uint32Array(4)
  readonly #block = new Uint32Array(4)
  #used = 4
  #spareNormal: number | undefined

  constructor(key0: number, key1: number) {
    this.#key0 = key0
    this.#key1 = key1
  }

  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key0, this.#key1, this.#block)
      // carry into the next word at 2^32 blocks
      for (let i = 0; i < 4; i++) {
        this.#counter[i] = this.#counter[i]! + 1
        if (this.#counter[i] !== 0) break
      }
      this.#used = 0
    }

    return this.#block[this.#used++]!
  }

  uniform(): number {
    return this.uint32() / TWO_POW_32
  }

  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_POW_32) throw new RangeError(`below(${bound})`)

    // reject the incomplete last multiple of `bound`, so that every value is equally likely
    const limit = TWO_POW_32 - (TWO_POW_32 % bound)
    for (;;) {
      const word = this.uint32()
      if (word < limit) return word % bound
    }
  }

  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal
      this.#spareNormal = undefined
      return spare
    }

    // Box-Muller; 1 - u is never zero
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.#spareNormal = radius * Math.sin(angle)

    return radius * Math.cos(angle)
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const item = items[i]!
      items[i] = items[j]!
      items[j] = item
    }

    return items
  }
}

/**
 * A generator for one purpose: streams with different names never share numbers.
 *
 * @param seed - uint32 of the job
 * @param stream - what the numbers are for, `batches:3`
 */
export function createRng(seed: number, stream: string): Rng {
  return new PhiloxRng(seed, fnv1a(stream))
}
