/** As much as may lie about: a few steps of a small model, one of a large one. */
const LIMIT_BYTES = 8_000_000

/**
 * Frees the arrays that onnxruntime hands back with each run, as large as the model and its optimiser state together.
 * To V8 they are small objects: left to itself it lets 64 MB of them pile up in each process that trains. Does nothing
 * in threads without a `gc`.
 *
 * Let no function see those arrays that goes on for long: V8 keeps what it last waited for after it has ended, and with
 * it the arrays of one run for each such function, until it looks through all of its memory.
 */
export class RunGarbage {
  #bytes = 0

  /** Of arrays that nobody will read any more. When it returns a promise, await it before the next run. */
  add(bytes: number): Promise<void> | undefined {
    this.#bytes += bytes
    if (this.#bytes < LIMIT_BYTES || globalThis.gc === undefined) return undefined

    this.#bytes = 0
    return collect(globalThis.gc)
  }
}

/** In a turn of its own: what the current one still holds, the newest arrays among it, would count as old from then on. */
async function collect(gc: NodeJS.GCFunction): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  void gc({ type: 'minor' })
}
