import { saturate } from '../sketch.ts'

/**
 * History of one sender's updates: the last few, and the sum of all. Takes `window` + 1 vectors of memory, whatever it
 * has seen. All finite: what float32 can't hold is saturated.
 */
export class UpdateHistory {
  readonly window: number
  /** A ring: update k of all is in place k mod `window`. */
  readonly #recent: Float32Array[]
  readonly #sum: Float32Array
  #count: number

  constructor({ window, length }: { window: number; length: number }, saved?: { count: number; floats: Float32Array }) {
    const { count, floats } = saved ?? { count: 0, floats: new Float32Array((window + 1) * length) }
    const part = (k: number): Float32Array => floats.slice(k * length, (k + 1) * length)
    this.window = window
    this.#recent = Array.from({ length: window }, (_, k) => part(k))
    this.#sum = part(window)
    this.#count = count
  }

  /** Updates seen. */
  get count(): number {
    return this.#count
  }

  add(update: Float32Array): void {
    this.#recent[this.#count % this.window]!.set(update)
    for (let i = 0; i < update.length; i++) this.#sum[i] = saturate(this.#sum[i]! + update[i]!)
    this.#count++
  }

  /** Mean of the last updates, a new vector. Zero before the first. */
  short(): Float32Array {
    const n = Math.min(this.#count, this.window)
    const mean = new Float32Array(this.#sum.length)
    for (let i = 0; i < mean.length; i++) {
      let sum = 0
      for (let k = 0; k < n; k++) sum += this.#recent[k]![i]!
      mean[i] = sum / Math.max(1, n)
    }

    return mean
  }

  /** Mean of all updates, a new vector. */
  long(): Float32Array {
    return this.#sum.map((value) => value / Math.max(1, this.#count))
  }

  /** All that it holds, shape ((window + 1) * length): what the constructor takes. */
  floats(): Float32Array {
    const { length } = this.#sum
    const floats = new Float32Array((this.window + 1) * length)
    for (const [k, vector] of [...this.#recent, this.#sum].entries()) floats.set(vector, k * length)

    return floats
  }
}
