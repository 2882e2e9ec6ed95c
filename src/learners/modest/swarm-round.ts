import type { Clock } from '../../interface/clock.ts'
import type { Peer } from '../../interface/network.ts'
import { type RoundClaim, RoundClaims } from './round-claims.ts'
import { initEstimate, maxBelievable, maxPlausible, observeRound, type RoundEstimate } from './round-estimate.ts'
import type { ModestState } from './state.ts'

/** A round's time, as long as none is known: that of a fast swarm. */
const UNKNOWN_PERIOD_MS = 50

export interface SwarmRoundInit {
  clock: Clock
  /** What an earlier life of this node knew. */
  earlier: Pick<ModestState, 'swarmRound' | 'periodMs'> | undefined
  /** Peers that must say the same before it is believed; 0 when this node is alone. */
  witnesses: () => number
  /** The round is news. */
  onChange: () => void
}

/** What a node knows of the swarm's round: what it has seen itself, and what several peers say. */
export class SwarmRound {
  readonly #init: SwarmRoundInit
  #newest: RoundEstimate
  /** What several peers say, or this node knows by itself where it is alone: no single peer's word moves it. */
  #common: RoundEstimate
  /** When that was news first in this life. */
  #first: RoundClaim | undefined
  readonly #claims = new RoundClaims()

  constructor(init: SwarmRoundInit) {
    const { clock, earlier } = init
    const known = earlier === undefined ? {} : { round: earlier.swarmRound, periodMs: earlier.periodMs }
    this.#init = init
    this.#newest = { ...initEstimate(clock.now()), ...known }
    this.#common = this.#newest
  }

  /** The newest one known to have begun. */
  get newest(): RoundEstimate {
    return this.#newest
  }

  /** The newest one that several peers, or this node alone, know to have begun. */
  get common(): number {
    return this.#common.round
  }

  /** The newest one that a message may claim now. */
  get max(): number {
    return maxBelievable(this.#common, this.#init.clock.now())
  }

  /**
   * The newest one for which one peer's word is enough.
   *
   * @param rush - so many times as many rounds as usual may have gone by without news here
   */
  plausible(rush: number): number {
    return maxPlausible(this.#common, this.#init.clock.now(), { meanMs: this.#meanMs, rush })
  }

  /** A peer says that `round` has begun. */
  claimed(peer: Peer, round: number): void {
    const witnesses = this.#init.witnesses()
    if (witnesses === 0) return
    const claim = { round, atMs: this.#init.clock.now() }
    const agreed = this.#claims.add(peer, claim, { believed: this.#common.round, witnesses })
    if (agreed !== undefined) this.#agree(agreed)
  }

  /** This node has seen itself that `round` has begun. */
  observe(round: number): void {
    const seen = { round, atMs: this.#init.clock.now() }
    if (this.#init.witnesses() === 0) this.#believe(seen)
    if (round <= this.#newest.round) return
    this.#newest = this.#advanced(this.#newest, seen)
    this.#init.onChange()
  }

  /** Several were asked, and this is what they agree on. */
  agreed(round: number): void {
    this.#agree({ round, atMs: this.#init.clock.now() })
  }

  #agree(claim: RoundClaim): void {
    this.#believe(claim)
    this.observe(claim.round)
  }

  #believe(claim: RoundClaim): void {
    this.#common = this.#advanced(this.#common, claim)
    if (this.#common.round > (this.#init.earlier?.swarmRound ?? 0)) this.#first ??= this.#common
  }

  #advanced(before: RoundEstimate, { round, ...claimed }: RoundClaim): RoundEstimate {
    const atMs = Math.max(before.atMs, claimed.atMs)
    // rounds that went by between two lives say nothing of how long they take
    const isFirst = before.round === this.#init.earlier?.swarmRound && round > before.round

    return isFirst ? { ...before, round, atMs } : observeRound(before, round, atMs)
  }

  /** How long a common round takes, on average in this life: single ones are told of too unevenly. */
  get #meanMs(): number {
    const [first, last] = [this.#first, this.#common]
    if (first === undefined || last.round === first.round) return this.#init.earlier?.periodMs ?? UNKNOWN_PERIOD_MS

    return (last.atMs - first.atMs) / (last.round - first.round)
  }
}
