import type { Peer } from '../interface/network.ts'

export interface ProbeInit {
  /** The next peer of the round's order, undefined after the last; called only as far as needed. Distinct peers. */
  next: () => Peer | undefined
  /** Available without a ping, where the order has it. */
  self: Peer
  /** Peers wanted. */
  count: number
  /**
   * Candidates beyond `count` that are pinged ahead, so that one silent peer does not cost a time-out.
   * @default 0
   */
  margin?: number
}

type Answer = 'asked' | 'alive' | 'silent'

/** Starts to look for the first `count` peers of an order that answer a ping; see {@link AvailabilityProbe}. */
export function createProbe(init: ProbeInit): AvailabilityProbe {
  return new AvailabilityProbe(init)
}

/**
 * Finds the first `count` peers of an order that answer a ping. It decides
 * whom to ping; the caller pings, and tells it what became of each.
 *
 * The result depends on who answers, not on when: it is done only when
 * everyone before the last chosen has answered or timed out. So nodes that
 * reach the same peers choose the same ones.
 *
 * Source: `determine_available` of de Vos et al. (MoDeST), arXiv:2302.13837.
 * Deviations: theirs takes the first to answer, in the order of answers; here
 * candidates may be pinged ahead; resending is left to the transport.
 */
export class AvailabilityProbe {
  readonly #next: () => Peer | undefined
  readonly #self: Peer
  readonly #count: number
  readonly #margin: number
  /** In the order of the order. */
  readonly #answers = new Map<Peer, Answer>()
  #toPing: Peer[] = []
  /** Of the candidates so far, those not silent. */
  #hopeful = 0
  #isExhausted = false
  #available: readonly Peer[] | undefined

  constructor({ next, self, count, margin = 0 }: ProbeInit) {
    this.#next = next
    this.#self = self
    this.#count = count
    this.#margin = margin
    this.#advance()
  }

  /** Peers to be pinged now. Each is given once; ask again after each report. */
  takePings(): Peer[] {
    const peers = this.#toPing
    this.#toPing = []

    return peers
  }

  /** `peer` answered. A late answer still counts while the result is open. */
  answered(peer: Peer): void {
    const before = this.#answers.get(peer)
    if (this.done || before === undefined || before === 'alive') return

    if (before === 'silent') this.#hopeful++
    this.#answers.set(peer, 'alive')
    this.#advance()
  }

  /** `peer` did not answer in time, or could not be reached. */
  timedOut(peer: Peer): void {
    if (this.done || this.#answers.get(peer) !== 'asked') return

    this.#hopeful--
    this.#answers.set(peer, 'silent')
    this.#advance()
  }

  /** Is the result final: `count` peers, or all there are? */
  get done(): boolean {
    return this.#available !== undefined
  }

  /** Those that answered, in the order, at most `count`; while this is not done, the best that can be said so far. */
  result(): Peer[] {
    return this.#available?.slice() ?? this.#peersThat('alive').slice(0, this.#count)
  }

  /** Peers whose answer is awaited, in the order. */
  pending(): Peer[] {
    return this.done ? [] : this.#peersThat('asked')
  }

  #peersThat(answer: Answer): Peer[] {
    return [...this.#answers].filter(([, given]) => given === answer).map(([peer]) => peer)
  }

  #advance(): void {
    while (!this.#isExhausted && this.#hopeful < this.#count + this.#margin) this.#drawNext()

    this.#available = this.#decide()
    if (this.done) this.#toPing = []
  }

  #drawNext(): void {
    const peer = this.#next()
    if (peer === undefined) {
      this.#isExhausted = true
      return
    }

    this.#hopeful++
    this.#answers.set(peer, peer === this.#self ? 'alive' : 'asked')
    if (peer !== this.#self) this.#toPing.push(peer)
  }

  /** The result, once nothing that is still awaited could change it. */
  #decide(): readonly Peer[] | undefined {
    const chosen: Peer[] = []
    for (const [peer, answer] of this.#answers) {
      if (chosen.length === this.#count) break
      if (answer === 'asked') return undefined
      if (answer === 'alive') chosen.push(peer)
    }

    return chosen.length === this.#count || this.#isExhausted ? chosen : undefined
  }
}
