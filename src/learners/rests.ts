import type { Rest, RestVisitor } from '../interface/rest.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../interface/waits.ts'
import { Slots } from './slots.ts'

/** For the last one: whoever stops a node waits for it. A gigabyte is on a slow disk by then. */
const LAST_MS = 30_000
/** Parts of a learner that want to rest while another does. */
const MAX_WAITING = 64

export interface RestsInit {
  visitor: RestVisitor | undefined
  waits: WaitRegister
  /** How things stand. */
  now: () => Omit<Rest, 'isLast'>
}

/** The rests of one learner: one at a time, and the last of them once. */
export class Rests {
  readonly #init: RestsInit
  readonly #turns = new Slots({ slots: 1, maxWaiting: MAX_WAITING })
  #isOver = false

  constructor(init: RestsInit) {
    this.#init = init
  }

  /** Between two pieces of work. Rejects with the signal's reason. */
  async take(options: AbortOptions): Promise<void> {
    const { visitor, now } = this.#init
    if (visitor === undefined || this.#isOver) return

    await this.#turns.run(() => visitor({ ...now(), isLast: false }, options), options)
    options.signal?.throwIfAborted()
  }

  /** When nothing changes any more. Ends by itself: whoever visits has a deadline. */
  async takeLast(): Promise<void> {
    const { visitor, now, waits } = this.#init
    if (visitor === undefined || this.#isOver) return

    this.#isOver = true
    const spec: WaitSpec = { kind: 'disk', what: 'what this node holds to be kept', from: [], timeoutMs: LAST_MS }
    const visit = (signal: AbortSignal): Promise<void> =>
      this.#turns.run(() => visitor({ ...now(), isLast: true }, { signal }), { signal })
    try {
      await waits.run(spec, visit)
    } catch (error) {
      // visitors tell what they could not do
      if (!(error instanceof WaitTimeoutError)) throw error
    }
  }
}
