import type { Peer } from '../interface/network.ts'
import { BoundedMap } from './bounded-map.ts'

export interface ScoreBookInit {
  maxPeers: number
  /** Points at which a peer is refused. */
  refusePoints: number
  halfLifeMs: number
  refuseMs: number
}

interface Score {
  points: number
  atMs: number
  refusedUntilMs: number
}

/**
 * What peers have done wrong. Points halve every `halfLifeMs`; a peer that
 * reaches `refusePoints` is refused for `refuseMs`, then starts afresh.
 */
export class ScoreBook {
  readonly #init: ScoreBookInit
  readonly #scores: BoundedMap<Peer, Score>

  constructor(init: ScoreBookInit) {
    this.#init = init
    this.#scores = new BoundedMap(init.maxPeers)
  }

  get size(): number {
    return this.#scores.size
  }

  /** Adds points; true when that makes the peer one to refuse. */
  add(peer: Peer, points: number, nowMs: number): boolean {
    const before = this.#scores.get(peer)
    const total = (before === undefined ? 0 : this.#decayed(before, nowMs)) + points
    const refused = total >= this.#init.refusePoints
    this.#scores.set(peer, {
      points: refused ? 0 : total,
      atMs: nowMs,
      refusedUntilMs: refused ? nowMs + this.#init.refuseMs : (before?.refusedUntilMs ?? 0)
    })

    return refused
  }

  isRefused(peer: Peer, nowMs: number): boolean {
    const score = this.#scores.get(peer)

    return score !== undefined && nowMs < score.refusedUntilMs
  }

  points(peer: Peer, nowMs: number): number {
    const score = this.#scores.get(peer)

    return score === undefined ? 0 : this.#decayed(score, nowMs)
  }

  #decayed(score: Score, nowMs: number): number {
    return score.points * 2 ** (-(nowMs - score.atMs) / this.#init.halfLifeMs)
  }
}
