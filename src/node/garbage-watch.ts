import { runInNewContext } from 'node:vm'
import type { Clock } from '../interface/clock.ts'
import type { Startable } from '../interface/startable.ts'

export interface GarbageWatchInit {
  clock: Clock
  /** Bytes of buffers outside the heap, dead ones that were not collected yet among them. @default this thread's */
  bufferBytes?: () => number
  /** Collects all that is dead. @default V8's, where the process was started with it */
  collect?: (() => void) | undefined
}

const LOOK_MS = 4_000
/** A model of the usual size, with its pieces on their way in and out. */
const LIMIT_BYTES = 16_000_000

/**
 * Pieces of models that were held for a moment too long count as old to V8, and then whatever comes after them does; it
 * lets 64 MB of them pile up before it looks. A look now and then is cheaper than the memory: what a node once had, the
 * allocator keeps in part.
 */
export class GarbageWatch implements Startable {
  readonly #clock: Clock
  readonly #bufferBytes: () => number
  readonly #collect: (() => void) | undefined
  #running: AbortController | undefined

  constructor({ clock, bufferBytes = ownBufferBytes, collect = exposedCollect() }: GarbageWatchInit) {
    this.#clock = clock
    this.#bufferBytes = bufferBytes
    this.#collect = collect
  }

  async start(): Promise<void> {
    if (this.#running !== undefined || this.#collect === undefined) return

    this.#running = new AbortController()
    this.#loop(this.#collect, this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  async stop(): Promise<void> {
    this.#running?.abort(new Error('the watch has stopped'))
    this.#running = undefined
  }

  async #loop(collect: () => void, signal: AbortSignal): Promise<void> {
    let least = Number.POSITIVE_INFINITY
    for (;;) {
      await this.#clock.sleep(LOOK_MS, { signal })
      const bytes = this.#bufferBytes()
      least = Math.min(least, bytes)
      if (bytes < least + LIMIT_BYTES) continue

      collect()
      least = Number.POSITIVE_INFINITY // what is left may be in use
    }
  }
}

function ownBufferBytes(): number {
  return process.memoryUsage().arrayBuffers
}

/** `keepHeapSmall` lets new contexts have it, which this thread's own is not. */
function exposedCollect(): (() => void) | undefined {
  const gc = runInNewContext('globalThis.gc') as NodeJS.GCFunction | undefined

  return gc && (() => void gc({ type: 'major', execution: 'sync' }))
}
