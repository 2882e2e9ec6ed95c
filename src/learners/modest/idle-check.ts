import type { Peer } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import type { Pong } from '../../wire/modest-codec.ts'
import type { RoundContext } from './round-context.ts'

/** Rounds between two checks. */
const PERIODS = 20
const MIN_MS = 10_000
const MAX_MS = 120_000
/** Peers that are asked: one may be as far behind as we are. What it costs does not grow with the swarm. */
const ASKED = 3
/** Without a new round for so long and so many periods, the swarm has stalled: a round's own deadlines come first. */
const STALLED_MS = 90_000
const STALLED_PERIODS = 30
/** The aggregate of the newest round was refused here: nobody else is likely to have it. */
const REFUSED_MS = 10_000
/** A period that was seen while the swarm was cut apart says little. */
const MAX_STALLED_MS = 600_000

export interface IdleCheckInit {
  context: RoundContext
  rng: Rng
  /** Newest round of which this node has the model. */
  held: () => number
  /** Newest round whose aggregate was refused. */
  refused: () => number
  /** This node has come furthest of those that live: it starts the round again. */
  onStalled: (round: number, signal: AbortSignal) => Promise<void>
}

/**
 * Looks after a node that nobody asks anything: it hears how far the swarm
 * is, shows that it lives, and, when the swarm has stalled because all that
 * trained the last round are gone, sees that it goes on.
 */
export class IdleCheck {
  readonly #init: IdleCheckInit
  readonly #heard = new Map<Peer, number>()

  constructor(init: IdleCheckInit) {
    this.#init = init
  }

  /** How long to wait for the next check. */
  get intervalMs(): number {
    const { members } = this.#init.context

    return Math.min(MAX_MS, Math.max(MIN_MS, PERIODS * (members.periodMs ?? 0)))
  }

  /** What a peer that was pinged during a check holds. */
  onPong(peer: Peer, { held }: Pong): void {
    this.#heard.set(peer, held)
  }

  async check(signal: AbortSignal): Promise<void> {
    const { context, held, refused, onStalled } = this.#init
    const { members, sampler } = context
    this.#heard.clear() // what peers said in rounds is of no use here, and this bounds it
    await Promise.all(this.#asked().map((peer) => sampler.ping(peer, { signal })))

    const usualMs = Math.max(STALLED_MS, STALLED_PERIODS * (members.periodMs ?? 0))
    const stalledMs = refused() >= members.round ? REFUSED_MS : (members.resumedStallMs ?? usualMs)
    if (members.sinceRoundMs < Math.min(MAX_STALLED_MS, stalledMs)) return

    // those asked may know nothing of the last rounds: more of them decide this
    const { round } = members
    const next = round + 1
    const witnesses = await sampler.available(next, context.init.sample, { signal })
    if (members.round > round) return
    const newest = Math.max(held(), ...witnesses.map((peer) => this.#heard.get(peer) ?? -1))
    const best = witnesses.find((peer) => (peer === context.self ? held() : (this.#heard.get(peer) ?? -1)) === newest)
    if (best === context.self || (best === undefined && held() === newest)) await onStalled(next, signal)
  }

  #asked(): Peer[] {
    const { context, rng } = this.#init
    const peers = context.network.peers()
    const drawn = Array.from({ length: Math.min(ASKED, peers.length) }, () => peers[rng.below(peers.length)]!)

    return [...new Set(drawn)]
  }
}
