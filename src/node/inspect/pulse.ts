import type { Clock } from '../../interface/clock.ts'
import type { Unsubscribe } from '../../interface/network.ts'
import type { Startable } from '../../interface/startable.ts'

const BEAT_MS = 1000

/** Once a second, for whatever looks at the node from time to time. */
export class Pulse implements Startable {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<(nowMs: number) => void>()
  #running: AbortController | undefined

  constructor({ clock, onError }: { clock: Clock; onError: (error: unknown) => void }) {
    this.#clock = clock
    this.#onError = onError
  }

  on(listener: (nowMs: number) => void): Unsubscribe {
    this.#listeners.add(listener)

    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return

    this.#running = new AbortController()
    this.#beat(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  async stop(): Promise<void> {
    this.#running?.abort(new Error('the pulse has stopped'))
    this.#running = undefined
  }

  async #beat(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(BEAT_MS, { signal })
      for (const listener of [...this.#listeners]) {
        try {
          listener(this.#clock.now())
        } catch (error) {
          this.#onError(error)
        }
      }
    }
  }
}
