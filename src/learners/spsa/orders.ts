import type { Peer } from '../../interface/network.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'

/** What an operator said of authors and the ledger has not been told: it changes between two steps only. */
export class Orders {
  /** Where each author's ban begins, undefined to take it back. */
  readonly #bans = new Map<Peer, number | undefined>()

  ban(author: Peer, place: number): void {
    this.#bans.set(author, place)
  }

  unban(author: Peer): void {
    this.#bans.set(author, undefined)
  }

  /** Each order is given once. */
  giveTo(ledger: Ledger): void {
    for (const [author, place] of this.#bans) {
      if (place === undefined) ledger.unban(author)
      else ledger.ban(author, place)
    }
    this.#bans.clear()
  }
}
