/** Draws a value for a person. */
export type Draw<T> = (value: T) => string

/**
 * How results look, kept beside them: they stay plain data, in which nothing says where it comes from. Knows also the
 * rows of lists, so that a list that was filtered or sorted is drawn as the whole one is.
 */
export class Drawings {
  readonly #whole = new WeakMap<object, Draw<never>>()
  readonly #rows = new WeakMap<object, Draw<never>>()

  /** @returns the value itself */
  add<T>(value: T, draw: Draw<T>): T {
    if (!isObject(value)) return value

    this.#whole.set(value, draw)
    if (Array.isArray(value)) for (const row of value) if (isObject(row)) this.#rows.set(row, draw)

    return value
  }

  /** Undefined for what is no result, or no longer looks like one. */
  textOf(value: unknown): string | undefined {
    if (!isObject(value)) return undefined
    const draw = Array.isArray(value) && value.length > 0 ? this.#commonDraw(value) : this.#whole.get(value)
    try {
      return draw?.(value as never)
    } catch {
      return undefined // somebody has changed it
    }
  }

  #commonDraw(rows: readonly unknown[]): Draw<never> | undefined {
    const [first, ...others] = rows.map((row) => (isObject(row) ? this.#rows.get(row) : undefined))

    return others.every((draw) => draw === first) ? first : undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
