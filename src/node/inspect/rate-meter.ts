import type { Traffic } from '../../interface/network.ts'
import { Ring } from './ring.ts'

/** So many samples, taken once a second, make a rate. */
const SAMPLES = 11

/** Bytes a second over the last ten seconds. */
export class RateMeter {
  readonly #samples = new Ring<Traffic & { atMs: number }>(SAMPLES)

  /** Call it once a second. */
  sample(traffic: Traffic, nowMs: number): void {
    this.#samples.push({ ...traffic, atMs: nowMs })
  }

  /** Zero before two samples were taken. */
  read(): Traffic {
    const all = this.#samples.last()
    const first = all[0]
    const last = all.at(-1)
    const seconds = first === undefined || last === undefined ? 0 : (last.atMs - first.atMs) / 1000
    if (first === undefined || last === undefined || seconds === 0) return { sent: 0, received: 0 }

    return { sent: (last.sent - first.sent) / seconds, received: (last.received - first.received) / seconds }
  }
}
