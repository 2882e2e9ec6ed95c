import type { Clock } from '../interface/clock.ts'
import type { AbortOptions } from '../interface/startable.ts'

export interface StallGuard extends AbortOptions {
  clock: Clock
  /** Longest time without progress. */
  stallMs: number
  /** Anything that grows while the work goes on: bytes moved. */
  progress: () => number
  /** Makes the error to give up with. */
  stalled: () => Error
}

/**
 * Runs `work` as long as it makes progress: its signal aborts when `progress`
 * has not changed for `stallMs` (noticed within twice that), or with the
 * caller's signal. No timer is left behind.
 */
export async function withStallGuard<T>(guard: StallGuard, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController()
  const stalled = new AbortController()
  const signal = guard.signal === undefined ? stalled.signal : AbortSignal.any([guard.signal, stalled.signal])

  const watch = async (): Promise<void> => {
    for (;;) {
      const before = guard.progress()
      await guard.clock.sleep(guard.stallMs, { signal: done.signal })
      if (guard.progress() === before) return stalled.abort(guard.stalled())
    }
  }
  watch().catch(() => undefined) // `done` ends it

  try {
    return await work(signal)
  } finally {
    done.abort()
  }
}
