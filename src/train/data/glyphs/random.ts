import { philox4x32 } from '../../../math/philox.ts'

/** Second key word: "glyp", so that pictures share no numbers with the job's other streams by accident. */
const GLYPHS_KEY = 0x676c7970
const TWO_POW_32 = 0x1_0000_0000

/**
 * Random numbers of one picture at a time: Philox4x32-10 whose counter holds
 * (block, picture, split, 0), so that any picture can be drawn on its own.
 * Only integers and exact divisions, hence the same bits on every machine.
 */
export class PictureRandom {
  readonly #seed: number
  readonly #counter = new Uint32Array(4)
  readonly #block = new Uint32Array(4)
  #used = 4

  /** @param split - 0 for the training split, 1 for the test split */
  constructor(seed: number, split: number) {
    this.#seed = seed
    this.#counter[2] = split
  }

  /** Goes to the first number of picture `index`. */
  start(index: number): void {
    this.#counter[0] = 0
    this.#counter[1] = index
    this.#used = 4
  }

  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#seed, GLYPHS_KEY, this.#block)
      this.#counter[0] = this.#counter[0]! + 1
      this.#used = 0
    }

    return this.#block[this.#used++]!
  }

  /** Uniform over [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * (this.uint32() / TWO_POW_32)
  }

  /** Bell-shaped over (-spread, spread): the sum of two uniforms, standard deviation spread / sqrt(6). */
  around(spread: number): number {
    return spread * ((this.uint32() + this.uint32()) / TWO_POW_32 - 1)
  }
}
