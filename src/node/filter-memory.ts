import { basename, dirname } from 'node:path'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { Startable } from '../interface/startable.ts'
import { FilterStateError } from '../robust/filters/errors.ts'
import type { PeerFilter } from '../robust/filters/registry.ts'
import { readFilterState } from '../store/filter-state.ts'
import { setAside, sweepDrafts, writeWhole } from '../store/whole-file.ts'

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
  /** What is on disk may be good, and this process could not read it: it is not written over. */
  #isReadOnly = false

  /** @param path - of its file */
  constructor(components: FilterMemoryComponents, path: string) {
    this.#components = components
    this.#path = path
  }

  async start(): Promise<void> {
    if (this.#loop !== undefined) return

    this.#isReadOnly = false
    const stop = new AbortController()
    const loaded = this.#load()
    this.#loop = { stop, ended: loaded.then(() => this.#saveNowAndThen(stop.signal)) }
    await loaded
  }

  /** Waits for a start under way: what is not yet taken up must not be written over. */
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
    await sweepDrafts(dirname(this.#path), basename(this.#path))
    try {
      const state = await readFilterState(this.#path)
      if (state !== undefined) filter.restore(state)
    } catch (error) {
      const code = error instanceof CodedError ? error.code : (error as NodeJS.ErrnoException).code
      const isSpoilt = error instanceof FilterStateError || error instanceof RangeError
      const remedy = isSpoilt ? '' : ', and the file stays as it is: see that it can be read, and start again'
      const message = `${this.#path}: ${(error as Error).message}; the filter starts afresh${remedy}`
      log('warn', message, { code: code ?? 'unknown' })
      if (isSpoilt) await this.#setAside()
      else this.#isReadOnly = true
    }
  }

  async #setAside(): Promise<void> {
    const { log } = this.#components
    try {
      log('warn', `the file is kept as ${await setAside(this.#path)}`, {})
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
    if (this.#isReadOnly) return
    try {
      await writeWhole(this.#path, filter.save())
    } catch (error) {
      log('warn', `what the filter remembers can't be written: ${(error as Error).message}`, { path: this.#path })
    }
  }
}
