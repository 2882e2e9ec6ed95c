import { setTimeout as timer } from 'node:timers/promises'
import type { Clock } from '../interface/clock.ts'
import type { AbortOptions } from '../interface/startable.ts'

/** Node's timers count to 24.8 days, and fire at once when told to wait for longer. */
const MAX_TIMER_MS = 0x7fff_ffff

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(delayMs, { signal }: AbortOptions = {}) {
    const options = signal === undefined ? {} : { signal }
    const untilMs = performance.now() + delayMs
    let leftMs = delayMs
    while (leftMs > MAX_TIMER_MS) {
      await timer(MAX_TIMER_MS, undefined, options)
      leftMs = untilMs - performance.now()
    }
    await timer(leftMs, undefined, options)
  }
}
