import type { Log } from '../gossip/network.ts'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { Startable } from '../interface/startable.ts'
import type { PeerFilter } from '../robust/filters/registry.ts'
import { readFilterState, setFilterStateAside, writeFilterState } from '../store/filter-state.ts'

export interface FilterMemoryComponents {
  filter: PeerFilter
  clock: Clock
  log: Log
}

/** A change of a conclusion is on disk after at most this. */
const CHANGED_MS = 5_000
/** And everything else after this. */
const UNCHANGED_MS = 60_000

/**
 * Keeps what a node's filter remembers through restarts: taken up at the start, written now and then and at the stop. No
 * failure here ends a node: it is logged, and the filter goes on with what it has.
 */
export class FilterMemory implements Startable {
  readonly #components: FilterMemoryComponents
  readonly #path: string
  #loop: { stop: AbortController; ended: Promise<void> } | undefined
  #hasChanged = false

  /** @param path - of its file */
  constructor(components: FilterMemoryComponents, path: string) {
    this.#components = components
    this.#path = path
  }

  async start(): Promise<void> {
    if (this.#loop !== undefined) return

    const stop = new AbortController()
    this.#loop = { stop, ended: Promise.resolve() }
    await this.#load()
    this.#loop.ended = this.#saveNowAndThen(stop.signal)
  }

  async stop(): Promise<void> {
    const loop = this.#loop
    if (loop === undefined) return

    this.#loop = undefined
    loop.stop.abort()
    await loop.ended
    await this.#save()
  }

  /** The filter has come to another conclusion: what it remembers is worth writing soon. */
  conclusionChanged(): void {
    this.#hasChanged = true
  }

  async #load(): Promise<void> {
    const { filter, log } = this.#components
    try {
      const state = await readFilterState(this.#path)
      if (state !== undefined) filter.restore(state)
    } catch (error) {
      const code = error instanceof CodedError ? error.code : (error as NodeJS.ErrnoException).code
      log('warn', `${this.#path}: ${(error as Error).message}; the filter starts afresh`, { code: code ?? 'unknown' })
      await this.#setAside()
    }
  }

  async #setAside(): Promise<void> {
    const { log } = this.#components
    try {
      log('warn', `the file is kept as ${await setFilterStateAside(this.#path)}`, {})
    } catch (error) {
      log('warn', `and can't be moved: ${(error as Error).message}`, {})
    }
  }

  async #saveNowAndThen(signal: AbortSignal): Promise<void> {
    const { clock } = this.#components
    let savedMs = clock.now()
    for (;;) {
      try {
        await clock.sleep(CHANGED_MS, { signal })
      } catch {
        return // stopped: the only reason for which a sleep ends early
      }
      if (!this.#hasChanged && clock.now() - savedMs < UNCHANGED_MS) continue
      await this.#save()
      savedMs = clock.now()
    }
  }

  async #save(): Promise<void> {
    const { filter, log } = this.#components
    this.#hasChanged = false
    try {
      await writeFilterState(this.#path, filter.save())
    } catch (error) {
      log('warn', `what the filter remembers can't be written: ${(error as Error).message}`, { path: this.#path })
    }
  }
}
