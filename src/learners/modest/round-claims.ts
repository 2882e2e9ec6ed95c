import type { Peer } from '../../interface/network.ts'

/** Peers whose word is remembered: the newest rounds stay. */
const MAX_CLAIMS = 64

/** What a peer said of the swarm's round, and when, in ms of the learner's clock. */
export interface RoundClaim {
  readonly round: number
  readonly atMs: number
}

/** What single peers say of the swarm's round, until others say so too. */
export class RoundClaims {
  readonly #newest = new Map<Peer, RoundClaim>()

  /**
   * A peer says that a round has begun, and so that all before it have.
   *
   * @param believed - what is known already: older claims are of no use
   * @param witnesses - how many must say it, 1 or more
   * @returns the newest round that so many say has begun, and when the last of them that is needed said so; undefined
   *   when that is not news
   */
  add(
    peer: Peer,
    claim: RoundClaim,
    { believed, witnesses }: { believed: number; witnesses: number }
  ): RoundClaim | undefined {
    if (claim.round <= believed || claim.round <= (this.#newest.get(peer)?.round ?? 0)) return undefined
    this.#newest.set(peer, claim)
    for (const [other, { round }] of this.#newest) if (round <= believed) this.#newest.delete(other)
    const claims = [...this.#newest].sort(([, a], [, b]) => b.round - a.round)
    if (claims.length > MAX_CLAIMS) this.#newest.delete(claims.at(-1)![0])

    return claims[witnesses - 1]?.[1]
  }
}
