import { createHash } from 'node:crypto'
import type { ModelRef } from '../interface/network.ts'
import { MAX_OFFERS } from './limits.ts'

/** The encoded models that a node offers, the newest few, by their content. */
export class ModelStore {
  readonly #models = new Map<string, Uint8Array>()
  readonly #limit: number

  constructor(limit = MAX_OFFERS) {
    this.#limit = limit
  }

  /** Keeps the bytes, without a copy. The oldest offer beyond the limit goes. */
  offer(encoded: Uint8Array): ModelRef {
    const hash = createHash('sha256').update(encoded).digest('hex')
    this.#models.delete(hash)
    this.#models.set(hash, encoded)
    if (this.#models.size > this.#limit) this.#models.delete(this.#models.keys().next().value!)

    return { hash, bytes: encoded.byteLength }
  }

  withdraw(hash: string): void {
    this.#models.delete(hash)
  }

  get(hash: string): Uint8Array | undefined {
    return this.#models.get(hash)
  }
}
