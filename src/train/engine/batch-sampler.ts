import type { Rng } from '../../interface/rng.ts'

/**
 * Draws examples without end, epoch after epoch: every example once in a
 * random order, then a new order. A batch may straddle two epochs, so all
 * batches are full, and a set smaller than a batch repeats within it.
 *
 * Each epoch has a generator of its own, so that what comes at any place can
 * be told without going through what came before.
 */
export class BatchSampler {
  readonly #indices: Uint32Array
  readonly #order: Uint32Array
  readonly #rngOf: (epoch: number) => Rng
  /** That the order is of; none yet. */
  #epoch = -1
  /** Examples drawn so far. */
  #drawn = 0

  /**
   * @param indices - what to draw from, at least one; only read
   * @param rngOf - decides the order of an epoch, from 0
   */
  constructor(indices: Uint32Array, rngOf: (epoch: number) => Rng) {
    this.#indices = indices
    this.#order = new Uint32Array(indices.length)
    this.#rngOf = rngOf
  }

  next(): number {
    const { length } = this.#order
    const epoch = Math.floor(this.#drawn / length)
    if (epoch !== this.#epoch) this.#begin(epoch)

    return this.#order[this.#drawn++ - epoch * length]!
  }

  /** Goes on as if so many examples had been drawn. Cost: that of one epoch's order, however many. */
  seek(drawn: number): void {
    this.#drawn = drawn
  }

  #begin(epoch: number): void {
    this.#order.set(this.#indices)
    shuffle(this.#order, this.#rngOf(epoch))
    this.#epoch = epoch
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
