import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../interface/clock.ts'

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (delayMs, { signal } = {}) => sleep(delayMs, undefined, signal === undefined ? {} : { signal })
}
