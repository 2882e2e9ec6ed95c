import type { Peer } from '../../interface/network.ts'

/** What a neighbour's word of a model means for us: pull it; pulled before; of no use. */
export type Verdict = 'wanted' | 'known' | 'useless'

interface Neighbour {
  /** Newest round of which it has announced its model, 0 for none. */
  newest: number
  /** It has skipped the rounds before this one. */
  from: number
  /** Rounds wait for it. */
  isAwaited: boolean
  /** Its last round, once it has told that it merged that. */
  last: number
  /** Models that were taken, by round: of this one and of the next at most. */
  readonly taken: Map<number, { hash: string; encoded?: Uint8Array }>
}

/** So many rounds ahead of us, a neighbour does not wait for us any more: one ahead it can be by itself. */
const FAR_AHEAD = 2
/** Most neighbours, those included that were not in the graph as this node saw it: each costs a model a round. */
const MAX_NEIGHBOURS = 128
/** From one word of a neighbour to the next, so many rounds are a jump; fewer may be words that overtook each other. */
const JUMP = 3

/**
 * What a node knows of its neighbours, and which of their models it holds:
 * the decisions of synchronous rounds, without any waiting. A neighbour is
 * one round ahead at most while it waits for us, so two models of each are
 * the most that is ever held.
 */
export class Neighbourhood {
  readonly #neighbours: Map<Peer, Neighbour>
  #round = 0

  constructor(peers: readonly Peer[]) {
    this.#neighbours = new Map(peers.map((peer) => [peer, newNeighbour()]))
  }

  /** The round that is being trained or waited for. */
  get round(): number {
    return this.#round
  }

  get size(): number {
    return this.#neighbours.size
  }

  /** Models held, or on their way. */
  get held(): number {
    let sum = 0
    for (const { taken } of this.#neighbours.values()) sum += taken.size

    return sum
  }

  /**
   * A peer that sends us its models takes us for its neighbour, and waits for ours: edges of a `random` topology have
   * one direction, and nodes that begin while others come and go draw different graphs.
   *
   * @returns whether that is new
   */
  adopt(peer: Peer): boolean {
    if (this.#neighbours.has(peer) || this.#neighbours.size >= MAX_NEIGHBOURS) return false

    this.#neighbours.set(peer, newNeighbour())
    return true
  }

  /** Moves to a later round; models of earlier ones are dropped. */
  enter(round: number): void {
    this.#round = round
    for (const { taken } of this.#neighbours.values()) {
      for (const each of taken.keys()) if (each < round) taken.delete(each)
    }
  }

  /** Those of the neighbours among `peers`, in the order in which they were given at first. */
  among(peers: readonly Peer[]): Peer[] {
    const present = new Set(peers)

    return [...this.#neighbours.keys()].filter((peer) => present.has(peer))
  }

  /**
   * A neighbour says that it has a model, of use or not, so it is awaited again: waiting for one that is a round late
   * is what brings the two back into step.
   */
  onAnnounced(peer: Peer, round: number, hash: string): Verdict {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour === undefined) return 'useless'

    if (round - neighbour.newest >= JUMP) neighbour.from = round
    neighbour.newest = Math.max(neighbour.newest, round)
    neighbour.isAwaited = true
    if (round < this.#round || round > this.#round + 1) return 'useless'

    const known = neighbour.taken.get(round)
    if (known !== undefined) return known.hash === hash ? 'known' : 'useless'

    neighbour.taken.set(round, { hash })
    return 'wanted'
  }

  /** A neighbour says, in an answer, which round it is in. */
  onRound(peer: Peer, round: number): void {
    const neighbour = this.#neighbours.get(peer)
    // it may be training for that round: its model of the one before is out
    if (neighbour !== undefined) neighbour.newest = Math.max(neighbour.newest, round - 1)
  }

  /** @returns false when it came too late */
  onArrived(peer: Peer, round: number, encoded: Uint8Array): boolean {
    const taken = this.#neighbours.get(peer)?.taken.get(round)
    if (taken === undefined) return false

    taken.encoded = encoded
    return true
  }

  /** A model that was taken can't be had: the round goes on without it. */
  onFailed(peer: Peer, round: number): void {
    this.#neighbours.get(peer)?.taken.delete(round)
    this.leaveOut([peer])
  }

  /** Of this round nothing more is to come from it, what is under way excepted. */
  onSkipped(peer: Peer, round: number): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour !== undefined) neighbour.from = Math.max(neighbour.from, round + 1)
  }

  onFinished(peer: Peer, round: number): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour !== undefined) neighbour.last = round
  }

  /** It may come back as a new process, that starts at round 1; what has arrived of it stays. */
  onGone(peer: Peer): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour === undefined) return

    neighbour.newest = 0
    neighbour.from = 0
    neighbour.isAwaited = false
    neighbour.last = Number.POSITIVE_INFINITY
  }

  /** Not waited for again until they are heard from. */
  leaveOut(peers: readonly Peer[]): void {
    for (const peer of peers) {
      const neighbour = this.#neighbours.get(peer)
      if (neighbour !== undefined) neighbour.isAwaited = false
    }
  }

  /** Neighbours among `peers` whose model of this round is waited for: it is on its way, or may still be announced. */
  missing(peers: readonly Peer[]): Peer[] {
    return this.among(peers).filter((peer) => {
      const { taken, newest, from, last, isAwaited } = this.#neighbours.get(peer)!
      const model = taken.get(this.#round)
      if (model !== undefined) return model.encoded === undefined

      const isSkipped = this.#round < from || newest >= this.#round + FAR_AHEAD
      return isAwaited && !isSkipped && this.#round <= last
    })
  }

  /** Neighbours among `peers` that are in touch and have rounds to go. */
  unfinished(peers: readonly Peer[]): Peer[] {
    return this.among(peers).filter((peer) => {
      const { isAwaited, last } = this.#neighbours.get(peer)!
      return isAwaited && last === Number.POSITIVE_INFINITY
    })
  }

  /** Encoded models of this round, in the order of the neighbours. */
  models(): { peer: Peer; encoded: Uint8Array }[] {
    return [...this.#neighbours].flatMap(([peer, { taken }]) => {
      const encoded = taken.get(this.#round)?.encoded

      return encoded === undefined ? [] : [{ peer, encoded }]
    })
  }

  /**
   * The round that a node which has fallen behind should go on with: the one
   * after the newest of most of its neighbours (so that its model is there in
   * time), or else its own. The median, as one neighbour alone may lie.
   */
  roundToJoin(peers: readonly Peer[]): number {
    const newest = this.among(peers)
      .map((peer) => this.#neighbours.get(peer)!.newest)
      .sort((a, b) => a - b)
    const median = newest[Math.floor((newest.length - 1) / 2)] ?? 0

    return median >= this.#round + FAR_AHEAD ? median + 1 : this.#round
  }
}

function newNeighbour(): Neighbour {
  return { newest: 0, from: 0, isAwaited: true, last: Number.POSITIVE_INFINITY, taken: new Map() }
}
