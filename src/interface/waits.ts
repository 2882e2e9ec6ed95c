import type { Clock } from './clock.ts'
import { CodedError } from './errors.ts'
import type { Peer } from './network.ts'
import type { AbortOptions } from './startable.ts'

/** The kinds of things that a node waits for: few, and ours, so that they can label metrics. */
export const WAIT_KINDS = [
  /** Peers to come, to finish or to leave. */
  'peers',
  /** A connection. */
  'dial',
  /** A new connection's first message. */
  'hello',
  /** A peer's answer to a message. */
  'answer',
  /** Models of a round, from whoever has them. */
  'models',
  /** A model or snapshot on its way. */
  'transfer',
  /** Projections, from whoever has them. */
  'projections',
  /** The next thing to do, in a learner whose turn it is not. */
  'turn',
  /** The time to try again. */
  'back-off',
  'disk',
  /** Whoever runs the node. */
  'operator',
  /** What is being shut down. */
  'stop'
] as const

export type WaitKind = (typeof WAIT_KINDS)[number]

/** What a wait is for. */
export interface WaitSpec {
  kind: WaitKind
  /** Completes the sentence "waiting for ...": `2 of 4 models of round 41`. A function, when it changes meanwhile. */
  what: string | (() => string)
  /** The peers it depends on; empty when only this machine is involved. */
  from: readonly Peer[] | (() => readonly Peer[])
  /** How long at most. */
  timeoutMs: number
}

/** An open wait. Times are of the register's clock. */
export interface Wait {
  readonly id: number
  readonly kind: WaitKind
  readonly what: string
  readonly from: readonly Peer[]
  readonly sinceMs: number
  readonly untilMs: number
}

/** A wait reached its deadline. */
export class WaitTimeoutError extends CodedError<'ERR_WAIT_TIMEOUT'> {
  readonly from: readonly Peer[]

  constructor(spec: WaitSpec) {
    const { what, from } = standing(spec)
    super('ERR_WAIT_TIMEOUT', `gave up waiting for ${what} after ${Math.round(spec.timeoutMs)} ms`, {
      what,
      timeoutMs: spec.timeoutMs,
      peers: from.length
    })
    this.from = from
  }
}

/** What a wait is for at this moment. */
export function standing({ what, from }: WaitSpec): { what: string; from: readonly Peer[] } {
  return { what: typeof what === 'string' ? what : what(), from: typeof from === 'function' ? from() : from }
}

/** Peers that a sentence names; more are counted. */
const MAX_NAMED = 5

/**
 * `waiting for 3 of 10 models of round 41: peers a, b, c, for 0.9 s, deadline in 2.1 s`: in these words everywhere.
 *
 * @param name - how a peer is called
 */
export function describeWait(
  { what, from, sinceMs, untilMs }: Wait,
  nowMs: number,
  name: (peer: Peer) => string = (peer) => peer
): string {
  const more = from.length > MAX_NAMED ? ` and ${from.length - MAX_NAMED} more` : ''
  const named = from.slice(0, MAX_NAMED).map(name).join(', ')
  const peers = from.length === 0 ? '' : `: ${from.length === 1 ? 'peer' : 'peers'} ${named}${more}`

  return `waiting for ${what}${peers}, for ${seconds(nowMs - sinceMs)} s, deadline in ${seconds(untilMs - nowMs)} s`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

/** Why a deadline's timer ends early. Nobody reads it, but without one each abort makes an exception with its stack. */
const NO_LONGER_NEEDED = 'no longer needed'

/**
 * Every wait of a learner or service goes through here, so that nothing can
 * stall in silence: `list()` says at any moment what is waited for, from whom,
 * since when and until when.
 */
export class WaitRegister {
  readonly #clock: Clock
  readonly #open = new Map<number, { spec: WaitSpec; sinceMs: number }>()
  #nextId = 0

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  /** Open waits, oldest first. */
  list(): Wait[] {
    return Array.from(this.#open, ([id, { spec, sinceMs }]) => ({
      id,
      kind: spec.kind,
      ...standing(spec),
      sinceMs,
      untilMs: sinceMs + spec.timeoutMs
    }))
  }

  /**
   * Runs `work` under a deadline. `work` gets a signal that aborts at the
   * deadline or with the caller's signal, and should settle soon after; the
   * wait is over at that moment even if it does not.
   *
   * @throws {WaitTimeoutError} ERR_WAIT_TIMEOUT at the deadline; the signal's reason when the caller aborts
   */
  async run<T>(spec: WaitSpec, work: (signal: AbortSignal) => Promise<T>, options: AbortOptions = {}): Promise<T> {
    options.signal?.throwIfAborted()

    const ended = new AbortController()
    const id = this.#nextId++
    this.#open.set(id, { spec, sinceMs: this.#clock.now() })

    const timer = new AbortController()
    const onCallerAbort = (): void => ended.abort(options.signal?.reason)
    options.signal?.addEventListener('abort', onCallerAbort, { once: true })
    const onTimerAbort = (): void => undefined // the sleep below is cut short when the work is done
    void this.#clock
      .sleep(spec.timeoutMs, { signal: timer.signal })
      .then(() => ended.abort(new WaitTimeoutError(spec)), onTimerAbort)

    try {
      // listens before the work does, so that its reason is what the caller gets, not the work's own AbortError
      return await Promise.race([rejectOnAbort(ended.signal), work(ended.signal)])
    } finally {
      timer.abort(NO_LONGER_NEEDED)
      options.signal?.removeEventListener('abort', onCallerAbort)
      this.#open.delete(id)
    }
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
