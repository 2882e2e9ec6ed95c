import type { Peer } from '../../interface/network.ts'

export interface AuthorPlacesInit {
  /** Most authors whose logs are kept. */
  maxAuthors: number
  /** This node: there is always a place for its log. */
  self?: Peer
  /**
   * Authors known by more than their name, as connected peers are. The logs of all others fill at most half of the
   * places: names cost nothing.
   *
   * @default everybody
   */
  isNear?: (author: Peer) => boolean
  /**
   * Authors that belong to the swarm: there is no place for any other, whoever brings its log.
   *
   * @default everybody
   */
  isMember?: (author: Peer) => boolean
}

/** For how many authors there is place, and for whom. */
export class AuthorPlaces {
  readonly #init: AuthorPlacesInit
  readonly #logs: ReadonlyMap<Peer, unknown>

  /** @param logs - those that are kept, by author */
  constructor(init: AuthorPlacesInit, logs: ReadonlyMap<Peer, unknown>) {
    this.#init = init
    this.#logs = logs
  }

  /** Whether there is place for the log of one more author that is not near. */
  get fitStrangers(): boolean {
    const { self, maxAuthors, isNear = () => true } = this.#init
    let strangers = 0
    for (const author of this.#logs.keys()) if (author !== self && !isNear(author)) strangers++

    return strangers < Math.floor(maxAuthors / 2)
  }

  /** Whether the author's log is kept, or would be. */
  fit(author: Peer, strangersFit = () => this.fitStrangers): boolean {
    const { self, maxAuthors, isNear = () => true, isMember = () => true } = this.#init
    if (author === self || this.#logs.has(author)) return true
    if (!isMember(author)) return false
    const kept = self === undefined || this.#logs.has(self) ? 0 : 1

    return this.#logs.size + kept < maxAuthors && (isNear(author) || strangersFit())
  }
}
