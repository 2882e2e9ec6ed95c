import { saturate } from '../sketch.ts'
import { columnPlaces, type Head } from './head.ts'

/** The columns of one output layer, by class: everything that Bristle does to params, it does to these. */
export class Columns {
  readonly classes: number
  /** Places of each class's column, shape (classes, rows). */
  readonly #places: readonly Int32Array[]

  constructor(head: Head) {
    this.classes = head.classes
    this.#places = Array.from({ length: head.classes }, (_, c) => columnPlaces(head, c))
  }

  /** to[:, c] = from[:, c]. */
  copy(to: Float32Array, from: Float32Array, c: number): void {
    for (const place of this.#places[c]!) to[place] = from[place]!
  }

  /** out[:, c] = sum of weights[k] * inputs[k][:, c]: float64 inside, rounded once. `out` may be one of the inputs. */
  weightedSumInto(
    out: Float32Array,
    inputs: readonly Float32Array[],
    weights: readonly number[] | Float64Array,
    c: number
  ): void {
    for (const place of this.#places[c]!) {
      let sum = 0
      for (let k = 0; k < inputs.length; k++) sum += weights[k]! * inputs[k]![place]!
      out[place] = sum
    }
  }

  /** Takes its mean from each column, so that no class is likelier than another by its level alone. */
  centre(params: Float32Array): void {
    for (const places of this.#places) {
      let sum = 0
      for (const place of places) sum += params[place]!
      const mean = sum / places.length
      // a huge value that a hostile model brought may not become infinite by this
      for (const place of places) params[place] = saturate(params[place]! - mean)
    }
  }

  /**
   * Which columns of `params` carry knowledge: not those that are all one value (the zero column of the paper, and any
   * that was centred from one), nor those that are still as every node's were at the start. Within rounding: centring
   * the start again and again moves its last bits.
   */
  touched(params: Float32Array, start: Float32Array | undefined): boolean[] {
    return this.#places.map((places) => {
      const spread = this.#spread(places, (place) => params[place]!)
      if (spread.centred <= RELATIVE * spread.length) return false
      if (start === undefined) return true
      const moved = this.#spread(places, (place) => params[place]! - start[place]!)

      return moved.centred > RELATIVE * spread.length
    })
  }

  /** Length of a column, and of what is left without its mean. */
  #spread(places: Int32Array, valueAt: (place: number) => number): { length: number; centred: number } {
    let sum = 0
    let squares = 0
    for (const place of places) {
      const value = valueAt(place)
      sum += value
      squares += value * value
    }

    return { length: Math.sqrt(squares), centred: Math.sqrt(Math.max(0, squares - (sum * sum) / places.length)) }
  }
}

/** A column that moved by less of its length has not been trained: rounding moves it by about 1e-7 a round. */
const RELATIVE = 1e-4
