import type { Log } from '../../interface/log.ts'
import { describeWait, type Wait, type WaitRegister } from '../../interface/waits.ts'
import { shortPeer } from '../short-peer.ts'

/** A wait of this age is worth a line in the log; the next when it is twice as old. */
const FIRST_MS = 10_000
/** Lines at a time; further waits are counted. */
const MAX_LINES = 8

interface Reported {
  /** Age at which it is mentioned again. */
  againMs: number
  readonly sinceMs: number
  readonly what: string
}

/** Puts waits that last into the log, so that a node that stands still says why; and when they are over. */
export class WaitWatch {
  readonly #waits: WaitRegister
  readonly #log: Log
  /** By id; no more than are open. */
  readonly #reported = new Map<number, Reported>()

  constructor({ waits, log }: { waits: WaitRegister; log: Log }) {
    this.#waits = waits
    this.#log = log
  }

  /** Call it every second or so. */
  look(nowMs: number): void {
    const open = this.#waits.list()
    this.#forget(new Set(open.map(({ id }) => id)), nowMs)
    const due = open.filter(({ id, sinceMs }) => nowMs - sinceMs >= (this.#reported.get(id)?.againMs ?? FIRST_MS))
    for (const [index, wait] of due.entries()) this.#report(wait, nowMs, index < MAX_LINES)
    if (due.length > MAX_LINES) this.#log('info', `and ${due.length - MAX_LINES} more waits`, {})
  }

  #report(wait: Wait, nowMs: number, isSaid: boolean): void {
    const { id, kind, sinceMs, what } = wait
    this.#reported.set(id, { againMs: 2 * (nowMs - sinceMs), sinceMs, what })
    if (isSaid) this.#log('info', describeWait(wait, nowMs, shortPeer), { kind })
  }

  #forget(open: ReadonlySet<number>, nowMs: number): void {
    for (const [id, { sinceMs, what }] of this.#reported) {
      if (open.has(id)) continue
      this.#reported.delete(id)
      this.#log('info', `waits no more for ${what}, after ${((nowMs - sinceMs) / 1000).toFixed(1)} s`, {})
    }
  }
}
