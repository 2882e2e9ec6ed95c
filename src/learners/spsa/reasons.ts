import type { Clock } from '../../interface/clock.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import type { Condition } from '../condition.ts'

export interface ReasonsInit {
  network: Network
  clock: Clock
  changes: Condition
  rng: Rng
  /** For how long the word of a peer that had nothing new after all is no reason to ask it, in ms. */
  idleMs: number
}

/** Whom to ask for what is missing here, without waiting for the next look: reasons come with what peers say. */
export class Reasons {
  readonly #init: ReasonsInit
  /** Connected peers that are said to have what is missing here. */
  readonly #due = new Set<Peer>()
  /** Connected peers that said that they have what is missing here, and have not been asked since. */
  readonly #claims = new Set<Peer>()
  /** Until when the word of connected peers that had nothing new after all is no reason to ask them. */
  readonly #idleUntilMs = new Map<Peer, number>()

  constructor(init: ReasonsInit) {
    this.#init = init
  }

  get hasAny(): boolean {
    return this.#due.size > 0
  }

  /** Who has waited longest. */
  get first(): Peer | undefined {
    return [...this.#due][0]
  }

  /** Nothing is known of it yet: a peer that was there before. */
  add(peer: Peer): void {
    this.#due.add(peer)
  }

  /** Asks this peer soon, or another when it is not connected: its words may have come through others. */
  wake(peer: Peer): void {
    const { network, changes, rng } = this.#init
    const peers = network.peers()
    if (peers.length === 0) return
    this.#due.add(peers.includes(peer) ? peer : peers[rng.below(peers.length)]!)
    changes.notify()
  }

  /** Its word that it has more is a reason to ask it, unless it had nothing a moment ago. */
  claim(peer: Peer): void {
    if (this.#init.clock.now() < (this.#idleUntilMs.get(peer) ?? 0)) return
    if (this.#isConnected(peer)) this.#claims.add(peer)
    this.wake(peer)
  }

  /** It is asked now. */
  remove(peer: Peer): void {
    this.#due.delete(peer)
  }

  /** @returns whether it had said that it has more; counts once */
  takeClaim(peer: Peer): boolean {
    return this.#claims.delete(peer)
  }

  /** It had said that it has more, and has not. */
  disbelieve(peer: Peer): void {
    const { clock, idleMs } = this.#init
    if (this.#isConnected(peer)) this.#idleUntilMs.set(peer, clock.now() + idleMs)
  }

  forget(peer: Peer): void {
    this.#due.delete(peer)
    this.#claims.delete(peer)
    this.#idleUntilMs.delete(peer)
  }

  #isConnected(peer: Peer): boolean {
    return this.#init.network.peers().includes(peer)
  }
}
