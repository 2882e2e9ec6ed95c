import { createHash } from 'node:crypto'

/** What kinds of events the digest tells apart. */
export const KIND = Object.freeze({
  message: 1,
  publication: 2,
  request: 3,
  answer: 4,
  pull: 5,
  refusal: 6,
  model: 7,
  timer: 8,
  computed: 9,
  action: 10,
  membership: 11
})

/** Lanes start at odd constants, so that zeros change them. */
const START = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const

/**
 * A running hash over a sequence of events: four lanes of 32 bits, mixed by multiplication and rotation. It tells
 * whether two runs were the same; it does not withstand someone who wants it to lie.
 */
export class Digest {
  readonly #time = new Float64Array(1)
  readonly #timeWords = new Uint32Array(this.#time.buffer)
  #a: number = START[0]
  #b: number = START[1]
  #c: number = START[2]
  #d: number = START[3]

  add(timeMs: number, kind: number, fromSlot: number, toSlot: number, size: number): void {
    this.#time[0] = timeMs
    this.#a = mix(this.#a ^ this.#d, this.#timeWords[0]! ^ kind)
    this.#b = mix(this.#b ^ this.#a, this.#timeWords[1]!)
    this.#c = mix(this.#c ^ this.#b, Math.imul(fromSlot + 1, 0x10001) ^ (toSlot + 1))
    this.#d = mix(this.#d ^ this.#c, size)
  }

  /** 64 hex digits. */
  finish(events: number): string {
    const state = Uint32Array.of(this.#a, this.#b, this.#c, this.#d)

    return createHash('sha256').update(state).update(String(events)).digest('hex')
  }
}

/** A round of MurmurHash3 (Appleby, 2011). */
function mix(state: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const turned = state ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)

  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0
}
