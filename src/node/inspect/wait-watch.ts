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
  /** It had a line of its own, and was not only counted: so its end has one. */
  readonly isSaid: boolean
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
    const wasSaid = this.#reported.get(id)?.isSaid ?? false
    this.#reported.set(id, { againMs: 2 * (nowMs - sinceMs), sinceMs, what, isSaid: isSaid || wasSaid })
    if (isSaid) this.#log('info', describeWait(wait, nowMs, shortPeer), { kind })
  }

  #forget(open: ReadonlySet<number>, nowMs: number): void {
    const over = [...this.#reported].filter(([id]) => !open.has(id))
    for (const [id] of over) this.#reported.delete(id)
    const said = over.filter(([, { isSaid }]) => isSaid)
    for (const [, { sinceMs, what }] of said.slice(0, MAX_LINES)) {
      this.#log('info', `waits no more for ${what}, after ${((nowMs - sinceMs) / 1000).toFixed(1)} s`, {})
    }
    if (said.length > MAX_LINES) this.#log('info', `and ${said.length - MAX_LINES} more waits are over`, {})
  }
}
