import type { Rng } from '../interface/rng.ts'
import type { LatencySpec } from './link-spec.ts'

/** One end of a link, as far as latency cares. */
export interface LatencyEnd {
  /** Order of first joining. */
  readonly slot: number
  /** uint32, by the peer's name. */
  readonly nameHash: number
}

/** Milliseconds for one message. */
export type Latency = (from: LatencyEnd, to: LatencyEnd) => number

/** Of the logarithm of a pair's base: 19 pairs in 20 are within a factor of 2.7 of the median. */
const PAIR_SPREAD = 0.5
/** Ordinary messages take up to this much longer than the pair's base. */
const JITTER = 0.2
const STRAGGLER_FRACTION = 0.01
const STRAGGLER_FACTOR = { min: 3, max: 10 }
const TWO_POW_32 = 0x1_0000_0000

/** @param rng - draws for each message, in the order of sending */
export function createLatency(spec: LatencySpec, { seed, rng }: { seed: number; rng: Rng }): Latency {
  switch (spec.kind) {
    case 'constant':
      return () => spec.ms
    case 'uniform':
      return () => spec.minMs + (spec.maxMs - spec.minMs) * rng.uniform()
    case 'matrix':
      return (from, to) => spec.ms[from.slot % spec.ms.length]![to.slot % spec.ms.length]!
    case 'long-tail':
      return (from, to) => pairBaseMs(spec.medianMs, from.nameHash, to.nameHash, seed) * messageFactor(rng.uniform())
  }
}

/**
 * The same in both directions, and never stored: a thousand nodes have half a million pairs. Log-normal, by
 * Box-Muller on two hashes of the pair.
 */
function pairBaseMs(medianMs: number, a: number, b: number, seed: number): number {
  const pair = Math.imul(Math.min(a, b) ^ seed, 0x9e3779b1) ^ Math.max(a, b)
  const first = scramble(pair)
  const second = scramble(first ^ Math.max(a, b))
  const radius = Math.sqrt(-2 * Math.log((first + 1) / TWO_POW_32))
  const normal = radius * Math.cos((2 * Math.PI * second) / TWO_POW_32)

  return medianMs * Math.exp(PAIR_SPREAD * normal)
}

/** One draw decides whether the message straggles and how much it is late. */
function messageFactor(uniform: number): number {
  if (uniform >= STRAGGLER_FRACTION) return 1 + (JITTER * (uniform - STRAGGLER_FRACTION)) / (1 - STRAGGLER_FRACTION)

  const { min, max } = STRAGGLER_FACTOR
  return min + (max - min) * (uniform / STRAGGLER_FRACTION)
}

/** MurmurHash3's finaliser: every bit of the input changes half of the output's. */
function scramble(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)

  return (x ^ (x >>> 16)) >>> 0
}

/** FNV-1a, 32 bits. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)

  return hash >>> 0
}
