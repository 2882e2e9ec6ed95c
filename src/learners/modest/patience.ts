import type { Clock } from '../../interface/clock.ts'
import { initRoundTrip, observeRoundTrip, type RoundTrip, resendMs } from './round-trip.ts'

/** Asked once, and again with twice the time: a lost message must not cost a live peer its place. */
const ATTEMPTS = 3

/** Shared, as making an error for each ping costs more than the ping. */
const LATE = new Error('no answer in time')
const OVER = new Error('the attempt is over')

/** Came to nothing: `gone` at once, because the peer is not connected or refuses; `silent` in the time given. */
export type NoAnswer = 'gone' | 'silent'

/** Asks peers, again when they don't answer, and learns from those who do how long that takes. */
export class Patience {
  readonly #clock: Clock
  #roundTrip: RoundTrip = initRoundTrip()

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  /**
   * @param ask - settles soon after its signal aborts; must do no harm when done twice
   * @param onLate - called once, when the first attempt has come to nothing and others follow
   */
  async ask<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    outer: AbortSignal | undefined,
    onLate?: () => void
  ): Promise<T | NoAnswer> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await this.#attempt(ask, resendMs(this.#roundTrip) * 2 ** attempt, outer)
      if (answer !== 'silent') return answer
      outer?.throwIfAborted()
      if (attempt === 0) onLate?.()
    }

    return 'silent'
  }

  async #attempt<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    timeoutMs: number,
    outer: AbortSignal | undefined
  ): Promise<T | NoAnswer> {
    outer?.throwIfAborted()
    const ended = new AbortController()
    const onAbort = (): void => ended.abort(outer?.reason)
    outer?.addEventListener('abort', onAbort, { once: true })
    const sentMs = this.#clock.now()
    // the sleep ends with the attempt, however that ends
    this.#clock.sleep(timeoutMs, { signal: ended.signal }).then(
      () => ended.abort(LATE),
      () => undefined
    )
    try {
      const answer = await ask(ended.signal)
      this.#roundTrip = observeRoundTrip(this.#roundTrip, this.#clock.now() - sentMs)
      return answer
    } catch {
      outer?.throwIfAborted()
      return ended.signal.aborted ? 'silent' : 'gone'
    } finally {
      ended.abort(OVER)
      outer?.removeEventListener('abort', onAbort)
    }
  }
}
