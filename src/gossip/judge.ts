import type { Clock } from '../interface/clock.ts'
import type { RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { ScoreBook } from './score-book.ts'

/** Points for one penalised message: an honest peer could not have sent it. */
const PENALTY_POINTS = 10

export interface JudgeComponents {
  scores: ScoreBook
  clock: Clock
  /** Why a peer is shut out, for another reason than what it did here: banned, or no member. */
  objectionTo: (peer: Peer) => string | undefined
  /** Tells whoever listens. */
  report: (peer: Peer, error: RejectedError) => void
  /** Closes all connections of a peer. */
  disconnect: (peer: Peer, code: string) => void
}

/** Applies verdicts: counts what peers do wrong, and closes the door on those that do it too often. */
export class Judge {
  readonly #components: JudgeComponents

  constructor(components: JudgeComponents) {
    this.#components = components
  }

  /** Once a peer is refused, what it sent before that is not worth another word. */
  reject(peer: Peer, error: RejectedError): void {
    if (this.isRefused(peer)) return

    this.#components.report(peer, error)
    if (error.verdict === 'penalise') this.charge(peer, PENALTY_POINTS, error.code)
  }

  /**
   * For what was pulled, had the hash that its sender gave it, and was none of what it should be: that was no accident
   * on the way, and cost a whole transfer. Once is enough. Reported elsewhere.
   */
  convict(peer: Peer, { verdict, code }: RejectedError): void {
    if (verdict === 'penalise') this.charge(peer, Number.POSITIVE_INFINITY, code)
  }

  /** Counts points without telling anyone: for what arrives too often to report each time. */
  charge(peer: Peer, points: number, code: string): void {
    const { scores, clock, disconnect } = this.#components
    if (this.isRefused(peer)) return

    if (scores.add(peer, points, clock.now())) disconnect(peer, code)
  }

  isRefused(peer: Peer): boolean {
    return this.objectionTo(peer) !== undefined
  }

  /** Why there may be no connection with a peer; undefined where there may. */
  objectionTo(peer: Peer): string | undefined {
    const { scores, clock, objectionTo } = this.#components
    const misbehaved = scores.isRefused(peer, clock.now()) ? 'ERR_PEER_REFUSED' : undefined

    return objectionTo(peer) ?? misbehaved
  }
}
