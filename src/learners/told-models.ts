import type { ToldModel } from '../interface/learner.ts'
import type { ModelRef, Peer } from '../interface/network.ts'

/** Peers whose word is kept: more than a node is connected to. */
const MAX_PEERS = 512

/** Which model each peer told of last: names of models, not models. The peer that was silent longest is forgotten. */
export class ToldModels {
  readonly #told = new Map<Peer, ToldModel>()

  note(peer: Peer, round: number, ref: ModelRef): void {
    this.#told.delete(peer)
    this.#told.set(peer, { peer, round, ref })
    if (this.#told.size <= MAX_PEERS) return

    const [silentLongest] = this.#told.keys()
    this.#told.delete(silentLongest!)
  }

  /** The one that told last comes last. */
  list(): ToldModel[] {
    return [...this.#told.values()]
  }
}
