import type { Unsubscribe } from '../interface/network.ts'

/** Listeners by event name; what a listener throws goes to `onError` and stops nobody else. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  on<K extends keyof Events>(event: K, listener: (detail: Events[K]) => void): Unsubscribe {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)

    return () => listeners.delete(listener)
  }

  emit<K extends keyof Events>(event: K, detail: Events[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        ;(listener as (detail: Events[K]) => void)(detail)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
