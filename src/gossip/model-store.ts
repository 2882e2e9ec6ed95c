import { createHash } from 'node:crypto'
import type { ModelRef } from '../interface/network.ts'

/** The encoded models on offer, the newest few. Whoever is being served keeps a model alive beyond its withdrawal. */
export class ModelStore {
  readonly #models = new Map<string, Uint8Array>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Names the model by its SHA-256; keeps the bytes, without a copy. The oldest offer beyond the limit goes. */
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
