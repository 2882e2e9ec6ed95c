import type { Clock } from '../interface/clock.ts'
import { RejectedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import { isBug } from './bug.ts'

export interface InsistInit {
  clock: Clock
  waits: WaitRegister
  /** Of one attempt; its deadline does not count the pause before it. */
  spec: WaitSpec
  attempts: number
  /** Whether another attempt can help; asked after each that failed. */
  isHopeless: () => boolean
}

/** Before the second attempt; doubles with each. A node that starts beside us needs a moment. */
const PAUSE_MS = 250

/**
 * Does what may fail for a moment (a message lost, a peer not ready) until it
 * succeeds, so many times. A peer that broke a rule is not asked again.
 *
 * @throws {CodedError} of the last attempt: ERR_WAIT_TIMEOUT, or what `work` throws; the signal's reason when aborted
 */
export async function insist<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { clock, waits, spec, attempts, isHopeless }: InsistInit,
  options: AbortOptions
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const pauseMs = attempt === 1 ? 0 : PAUSE_MS * 2 ** (attempt - 2)
    const attemptOnce = async (signal: AbortSignal): Promise<T> => {
      if (pauseMs > 0) await clock.sleep(pauseMs, { signal })

      return work(signal)
    }
    try {
      return await waits.run({ ...spec, timeoutMs: pauseMs + spec.timeoutMs }, attemptOnce, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      const isTransient = !(error instanceof RejectedError) && !isBug(error)
      if (!isTransient || attempt >= attempts || isHopeless()) throw error
    }
  }
}
