import type { ModelRef, Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import type { HeldModel } from './parts.ts'
import { periodDeadlineMs } from './period-deadline.ts'
import type { RoundContext } from './round-context.ts'

/** Times that members are asked to take the place of those that did not take the model. */
const MAX_TURNS = 3
/** For a sample to fetch it: two usual rounds' time; before two were seen, a slow one's. */
const FETCHING = { periods: 2, initialMs: 15_000, minMs: 2_000, maxMs: 120_000 }

export interface DistributionInit {
  context: RoundContext
  model: HeldModel
  /** What a member is handed: the model, unless this node is a Byzantine one. */
  refFor: (peer: Peer) => ModelRef
  /** This node is in the sample itself. */
  adoptOwn: () => void
}

/**
 * Hands an aggregated model to the sample of its round; others take the place
 * of those that don't fetch it.
 */
export class Distribution {
  readonly #init: DistributionInit
  /** Who has the model. */
  readonly #fetched = new Set<Peer>()
  readonly #asked = new Set<Peer>()

  constructor(init: DistributionInit) {
    this.#init = init
  }

  get round(): number {
    return this.#init.model.round
  }

  /** A member says that it has the model. */
  onFetched(peer: Peer): void {
    if (!this.#asked.has(peer)) return
    this.#fetched.add(peer)
    this.#init.context.changed.notify()
  }

  /** Resolves when the sample has the model, or nobody else can be found: then the round does not depend on us. */
  async run(options: AbortOptions): Promise<void> {
    const { context, adoptOwn } = this.#init
    const { sampler, members, init, self } = context
    const { round } = this
    for (let turn = 0; turn < MAX_TURNS && this.#fetched.size < init.sample && members.round <= round; turn++) {
      const sample = await sampler.available(round, init.sample, options)
      const fresh = sample.filter((peer) => !this.#asked.has(peer))
      if (fresh.length === 0 || members.round > round) return
      for (const peer of fresh) this.#asked.add(peer)
      if (fresh.includes(self)) {
        adoptOwn()
        this.#fetched.add(self)
      }
      await this.#hand(
        fresh.filter((peer) => peer !== self),
        options
      )
    }
  }

  async #hand(sample: readonly Peer[], options: AbortOptions): Promise<void> {
    const { context, model, refFor } = this.#init
    const { round } = model
    const offers = sample.map(async (peer) => {
      const answer = await context.notify(peer, { kind: 'aggregated', round, ref: refFor(peer) }, options)
      // it has the round already, of another aggregator
      if (answer?.taken === false) this.#fetched.add(peer)
    })
    await Promise.all(offers)
    const missing = (): Peer[] => sample.filter((peer) => !this.#fetched.has(peer))
    const spec: WaitSpec = {
      kind: 'peers',
      what: () => `${missing().length} of ${sample.length} members to fetch the aggregate of round ${round}`,
      from: missing,
      timeoutMs: periodDeadlineMs(FETCHING, context.members.periodMs)
    }
    await context.changed.until(() => missing().length === 0 || context.members.round > round, spec, options)
  }
}
