/**
 * Random directions of signs, one +1 or -1 a parameter, and what is done with them: plain TypeScript. They are the
 * definition; the SIMD kernels give the same bits.
 */
import { philox4x32 } from './philox.ts'

/** Signs that one block of the generator has: four counters, four words of 32 bits each. */
export const SIGN_BLOCK = 512
const WORDS = 16

/** Names a direction: the key of its Philox4x32-10, two uint32. */
export interface DirectionKey {
  readonly key0: number
  readonly key1: number
}

/** Directions with integer weights, in flat arrays that a caller can use again. */
export interface DirectionTerms {
  /** key0 and key1 of each, shape (n, 2). */
  readonly keys: Uint32Array
  /** Shape (n). */
  readonly coefficients: Int32Array
}

/** Weights that are kept as integers: base + scale * acc. */
export interface MovedWeights {
  /** Shape (dim). */
  readonly base: Float32Array
  /** Shape (dim). */
  readonly acc: Int32Array
  /** A float32; with a power of two scale * acc is rounded once. */
  readonly scale: number
}

/**
 * The 16 words of a block: word w of counter (4 * block + lane, 0, 0, 0) at `4 * w + lane`. Bit 31 - b of it is the
 * sign of parameter 512 * block + 128 * w + 4 * b + lane; 1 means -1.
 *
 * @param out - shape (16)
 */
export function signWordsInto(out: Uint32Array, { key0, key1 }: DirectionKey, block: number): void {
  const counter = new Uint32Array(4)
  for (let lane = 0; lane < 4; lane++) {
    counter.fill(0)
    counter[0] = 4 * block + lane
    philox4x32(counter, key0, key1, counter)
    for (let w = 0; w < 4; w++) out[4 * w + lane] = counter[w]!
  }
}

/** Calls `use` with i and the sign of parameter start + i, for i < length. */
function eachSign(key: DirectionKey, start: number, length: number, use: (i: number, sign: number) => void): void {
  const words = new Uint32Array(WORDS)
  let block = -1
  for (let i = 0; i < length; i++) {
    const parameter = start + i
    if (Math.floor(parameter / SIGN_BLOCK) !== block) {
      block = Math.floor(parameter / SIGN_BLOCK)
      signWordsInto(words, key, block)
    }
    const place = parameter % SIGN_BLOCK
    const word = words[4 * (place >> 7) + (place & 3)]!
    use(i, ((word << ((place >> 2) & 31)) >> 31) | 1)
  }
}

/** out[i] = sign of parameter start + i, 1 or -1. */
export function signsInto(out: Int8Array, key: DirectionKey, start = 0): void {
  eachSign(key, start, out.length, (i, sign) => {
    out[i] = sign
  })
}

/**
 * acc[i] += sum over k of coefficients[k] * sign k of parameter start + i, modulo 2^32: the same bits in any order and
 * any grouping.
 *
 * @param acc - parameters `start` to before `start` + its length
 */
export function addSigns(acc: Int32Array, { keys, coefficients }: DirectionTerms, start = 0): void {
  for (const [k, coefficient] of coefficients.entries()) {
    const key = { key0: keys[2 * k]!, key1: keys[2 * k + 1]! }
    eachSign(key, start, acc.length, (i, sign) => {
      acc[i] = acc[i]! + sign * coefficient
    })
  }
}

/**
 * out[i] = base[i] + sign of parameter start + i * epsilon, rounded to float32. `out` may be `base`.
 *
 * @param epsilon - rounded to float32 first
 */
export function perturbInto(
  out: Float32Array,
  base: Float32Array,
  key: DirectionKey,
  epsilon: number,
  start = 0
): void {
  const size = Math.fround(epsilon)
  eachSign(key, start, out.length, (i, sign) => {
    out[i] = base[i]! + sign * size
  })
}

/** out[i] = fround(fround(base[i] + fround(scale * fround(acc[i]))) + sign of parameter start + i * epsilon). */
export function perturbMovedInto(
  out: Float32Array,
  weights: MovedWeights,
  key: DirectionKey,
  epsilon: number,
  start = 0
): void {
  moveInto(out, weights)
  perturbInto(out, out, key, epsilon, start)
}

/** out[i] = fround(base[i] + fround(scale * fround(acc[i]))). `out` may be `base`. */
export function moveInto(out: Float32Array, { base, acc, scale }: MovedWeights): void {
  const factor = Math.fround(scale)
  for (let i = 0; i < out.length; i++) out[i] = base[i]! + Math.fround(factor * Math.fround(acc[i]!))
}

/** The operations above, by SIMD kernels where the arrays allow it. */
export interface SignMath {
  /** New zeros, shape (length). Hand them back with `free`. */
  allocateIntegers(length: number): Int32Array
  free(array: Float32Array | Int32Array): void
  addSigns(acc: Int32Array, terms: DirectionTerms, start?: number): void
  perturbInto(out: Float32Array, base: Float32Array, key: DirectionKey, epsilon: number, start?: number): void
  perturbMovedInto(out: Float32Array, weights: MovedWeights, key: DirectionKey, epsilon: number, start?: number): void
  moveInto(out: Float32Array, weights: MovedWeights): void
}
