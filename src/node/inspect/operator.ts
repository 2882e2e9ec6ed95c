import { CodedError } from '../../interface/errors.ts'
import type { Rest, RestVisitor } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'

export interface OperatorComponents {
  waits: WaitRegister
  /** Is there a learner whose rests come? */
  isRunning: () => boolean
}

/** What is to be done while the learner rests. */
type Order = (rest: Rest, options: AbortOptions) => Promise<void>

/** Orders that have not had their rest yet. */
const MAX_ORDERS = 16
/** Until the next rest: a round of a large model on a slow machine. */
const REST_MS = 600_000
/** A pause has no end of its own; the wait for it is renewed once a day, because timers end after 24. */
const PAUSE_MS = 86_400_000

/** Does at the learner's rests what the node's owner asks for, and keeps it resting while it is paused. */
export class Operator {
  readonly #components: OperatorComponents
  readonly #orders = new Set<Order>()
  #pausedAt: string | undefined
  #changed = Promise.withResolvers<void>()

  constructor(components: OperatorComponents) {
    this.#components = components
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined
  }

  /** From the next rest on. The node goes on serving peers, and its budget of time goes on as well. */
  pause(): void {
    this.#pausedAt ??= new Date().toISOString()
    this.#wake()
  }

  resume(): void {
    this.#pausedAt = undefined
    this.#wake()
  }

  /**
   * Resolves with what `work` makes of the learner's next rest.
   *
   * @param what - completes the sentence "waiting for a rest of the learner, to ..."
   * @throws {CodedError} ERR_CONTROL_UNAVAILABLE when no rest comes, ERR_CONTROL_BUSY, ERR_WAIT_TIMEOUT
   */
  async atRest<T>(
    what: string,
    work: (rest: Rest, options: AbortOptions) => Promise<T>,
    options: AbortOptions
  ): Promise<T> {
    if (!this.#components.isRunning()) throw unavailable('this node is not training: it waits, observes, or is done')
    if (this.#orders.size >= MAX_ORDERS) throw new CodedError('ERR_CONTROL_BUSY', 'too much to do at the next rest')

    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const order: Order = async (rest, within) => {
      if (rest.isLast) reject(unavailable('the node stops'))
      else await work(rest, within).then(resolve, reject)
    }
    this.#orders.add(order)
    this.#wake()
    const spec: WaitSpec = { kind: 'turn', what: `a rest of the learner, to ${what}`, from: [], timeoutMs: REST_MS }
    try {
      return await this.#components.waits.run(spec, () => promise, options)
    } finally {
      this.#orders.delete(order)
    }
  }

  /** Hand this to the learner's rests, after whoever else visits them. */
  readonly visit: RestVisitor = async (rest, options) => {
    for (;;) {
      // taken first: what is asked for meanwhile must not be missed
      const changed = this.#changed.promise
      await this.#carryOut(rest, options)
      if (!this.isPaused || rest.isLast) return

      await this.#stayPaused(changed, options)
    }
  }

  async #carryOut(rest: Rest, options: AbortOptions): Promise<void> {
    for (const order of this.#orders) {
      this.#orders.delete(order)
      await order(rest, options)
      options.signal?.throwIfAborted()
    }
  }

  async #stayPaused(changed: Promise<void>, options: AbortOptions): Promise<void> {
    const what = `resume: paused by the operator since ${this.#pausedAt}`
    try {
      await this.#components.waits.run(
        { kind: 'operator', what, from: [], timeoutMs: PAUSE_MS },
        () => changed,
        options
      )
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

function unavailable(why: string): CodedError {
  return new CodedError('ERR_CONTROL_UNAVAILABLE', why)
}
