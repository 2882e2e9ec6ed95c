import type { Peer } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { standing, type WaitRegister, type WaitSpec, WaitTimeoutError } from '../interface/waits.ts'

export interface UntilOptions extends AbortOptions {
  /** The deadline is only a time to look around: reaching it is nothing to report. */
  quiet?: boolean
}

export interface ConditionInit {
  waits: WaitRegister
  /** Told of each wait that ended at its deadline. */
  onExpired: (what: string, from: readonly Peer[]) => void
}

/** Lets tasks wait, under a deadline and with a reason, for something that messages change. */
export class Condition {
  readonly #init: ConditionInit
  #changed = Promise.withResolvers<void>()

  constructor(init: ConditionInit) {
    this.#init = init
  }

  /** Something changed: whoever waits looks again. */
  notify(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** @returns false when the deadline came first; rejects with the signal's reason */
  async until(holds: () => boolean, spec: WaitSpec, options: UntilOptions): Promise<boolean> {
    options.signal?.throwIfAborted()
    if (holds()) return true
    const look = async (signal: AbortSignal): Promise<void> => {
      while (!holds() && !signal.aborted) await this.#changed.promise
    }
    try {
      await this.#init.waits.run(spec, look, options)
      return true
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error
      const { what, from } = standing(spec)
      if (options.quiet !== true) this.#init.onExpired(what, from)
      return false
    } finally {
      // what was looking when the wait ended looks once more, and goes
      this.notify()
    }
  }
}
