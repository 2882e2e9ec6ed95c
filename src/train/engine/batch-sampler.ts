import type { Rng } from '../../interface/rng.ts'

/**
 * Draws examples without end, epoch after epoch: every example once in a
 * random order, then a new order. A batch may straddle two epochs, so all
 * batches are full, and a set smaller than a batch repeats within it.
 */
export class BatchSampler {
  readonly #order: Uint32Array
  readonly #rng: Rng
  #at: number

  /** @param indices - what to draw from, at least one; copied */
  constructor(indices: Uint32Array, rng: Rng) {
    this.#order = indices.slice()
    this.#rng = rng
    this.#at = this.#order.length
  }

  next(): number {
    if (this.#at === this.#order.length) {
      shuffle(this.#order, this.#rng)
      this.#at = 0
    }

    return this.#order[this.#at++]!
  }
}

/** Fisher-Yates, in place. */
function shuffle(items: Uint32Array, rng: Rng): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = rng.below(i + 1)
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
}
