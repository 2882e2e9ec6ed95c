import { RejectedError } from '../../interface/errors.ts'
import type { ModelRef, Peer } from '../../interface/network.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import type { Update } from '../../merge/update.ts'
import { isBug } from '../bug.ts'
import { type Parcel, parcelOf } from '../parcel.ts'
import { periodDeadlineMs } from './period-deadline.ts'
import { pullAgain } from './pulling.ts'
import type { RoundContext } from './round-context.ts'

/** From the first model of a round to half of those wanted: two usual rounds' time; before two were seen, a slow one's. */
const FIRST_HALF = { periods: 2, initialMs: 15_000, minMs: 2_000, maxMs: 120_000 }
/** The second half may take so many times as long as the first: who takes longer is slow, not just unlucky. */
const SECOND_HALF = { factor: 3, minMs: 1_000, maxMs: 120_000 }
/** With less than half of what it wants, a round is not ended sooner: a node that is cut off must not run ahead alone. */
const LONELY_MS = 60_000
/** Senders of one round, as a multiple of the sample: views differ a little, and rounds are handed over. */
const MAX_SENDERS_PER_SAMPLED = 4

/** What each model counts as, in examples. */
export const ONE_EACH = 1

export interface Quorum {
  /** Members that can have been sampled. */
  expected: number
  /** Models that are enough. */
  wanted: number
  /** With fewer than these, a round is only ended after a long wait. */
  least: number
}

export interface GatheringInit {
  context: RoundContext
  round: number
}

/** The models of one round, as they come in at an aggregator. */
export class Gathering {
  readonly round: number
  /** Those here, in the order of arrival; all count alike, as a peer's word for its examples is only its word. */
  readonly updates: Update[] = []
  readonly overtaken = new AbortController()
  readonly #context: RoundContext
  /** Everyone that announced a model, delivered or not. */
  readonly #senders = new Map<Peer, 'fetching' | 'here' | 'failed' | 'refused'>()
  /** Senders whose model was none: they live, and nothing more is to come of them. */
  #refused = 0
  #isOpen = true

  constructor({ context, round }: GatheringInit) {
    this.#context = context
    this.round = round
  }

  /** Everyone who trained for this round, this node apart. */
  get contributors(): Peer[] {
    return [...this.#senders.keys()].filter((peer) => peer !== this.#context.self)
  }

  has(peer: Peer): boolean {
    return this.#senders.has(peer)
  }

  /** @returns whether this sender's model is to be fetched: the first copy counts, and a failed one may be repeated */
  admit(peer: Peer): boolean {
    const known = this.#senders.get(peer)
    if (known !== undefined && known !== 'failed') return false
    if (known === undefined && this.#senders.size >= MAX_SENDERS_PER_SAMPLED * this.#context.init.sample) return false
    this.#senders.set(peer, 'fetching')

    return true
  }

  /** @param model - in vectors of the post: this gathering's from now on */
  add(peer: Peer, { params, fisher }: Parcel): void {
    const model = parcelOf(params, fisher)
    if (!this.#isOpen) {
      this.#context.post.releaseAll(model)
      return
    }
    this.#senders.set(peer, 'here')
    this.updates.push({ peer, round: this.round, examples: ONE_EACH, ...model })
    this.#context.changed.notify()
  }

  /** What was to come of this sender did not; it may try again. */
  fail(peer: Peer): void {
    this.#senders.set(peer, 'failed')
  }

  async fetch(peer: Peer, ref: ModelRef, signal: AbortSignal): Promise<void> {
    const { post, changed } = this.#context
    try {
      this.add(peer, await pullAgain(post, { from: peer, ref, signal }))
    } catch (error) {
      if (signal.aborted || isBug(error)) throw error
      const isRefused = error instanceof RejectedError
      this.#senders.set(peer, isRefused ? 'refused' : 'failed')
      if (isRefused) this.#refused++
      changed.notify()
    }
  }

  /**
   * Waits for enough models, under deadlines that follow the swarm's rounds
   * and how the models come in. Takes no more afterwards.
   *
   * @returns how long it took, from the first notice, ms
   */
  async complete({ wanted, least }: Quorum, signal: AbortSignal): Promise<number> {
    const { clock } = this.#context
    const startedMs = clock.now()
    const half = Math.max(least, Math.ceil(wanted / 2))
    const came =
      (await this.#await(half, wanted, periodDeadlineMs(FIRST_HALF, this.#context.members.periodMs), signal)) ||
      (await this.#await(half, wanted, LONELY_MS, signal))
    if (came) {
      const { factor, minMs, maxMs } = SECOND_HALF
      const timeoutMs = Math.min(maxMs, Math.max(minMs, factor * (clock.now() - startedMs)))
      await this.#await(wanted, wanted, timeoutMs, signal)
    }
    this.#isOpen = false

    return clock.now() - startedMs
  }

  /** Gives all models back. */
  close(): void {
    this.#isOpen = false
    this.overtaken.abort(new Error(`round ${this.round} is over`))
    for (const update of this.updates.splice(0)) this.#context.post.releaseAll(update)
  }

  get #settled(): number {
    return this.updates.length + this.#refused
  }

  async #await(count: number, wanted: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { sampler, init, changed, isSettled } = this.#context
    const { round } = this
    const expected = sampler.expected(round - 1, init.sample)
    const spec: WaitSpec = {
      kind: 'models',
      what: () => `${Math.max(0, wanted - this.#settled)} of ${wanted} models of round ${round}`,
      from: () => expected.filter((peer) => !['here', 'refused'].includes(this.#senders.get(peer) ?? '')),
      timeoutMs
    }

    return changed.until(() => this.#settled >= count || isSettled(round), spec, { signal })
  }
}
