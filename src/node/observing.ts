import type { Learner, LearnerStatus, LearnerView } from '../interface/learner.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { type WaitRegister, WaitTimeoutError } from '../interface/waits.ts'

/** A wait has an end; this one begins again. */
const WAIT_MS = 3_600_000

/**
 * What a node does whose invitation lets it observe: nothing. It stays connected and hears what is announced, for
 * whoever looks into it, until it is told to stop.
 */
export class ObservingLearner implements Learner {
  readonly #waits: WaitRegister

  constructor(waits: WaitRegister) {
    this.#waits = waits
  }

  get status(): LearnerStatus {
    return { phase: 'idle', round: 0, steps: 0 }
  }

  inspect(): LearnerView {
    return { models: [], neighbours: [], members: undefined }
  }

  async run({ signal }: AbortOptions = {}): Promise<void> {
    const spec = { kind: 'operator', what: 'a stop: this node observes', from: [], timeoutMs: WAIT_MS } as const
    const nothing = new Promise<never>(() => undefined)
    for (;;) {
      try {
        await this.#waits.run(spec, () => nothing, signal === undefined ? {} : { signal })
      } catch (error) {
        if (!(error instanceof WaitTimeoutError)) throw error
      }
    }
  }
}
