import type { Clock } from '../interface/clock.ts'
import type { RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { ScoreBook } from './score-book.ts'

/** Points for one penalised message: an honest peer could not have sent it. */
const PENALTY_POINTS = 10

export interface JudgeComponents {
  scores: ScoreBook
  clock: Clock
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
    this.sentence(peer, error)
  }

  /** As {@link reject}, for what is reported elsewhere. */
  sentence(peer: Peer, { verdict, code }: RejectedError): void {
    if (verdict === 'penalise') this.charge(peer, PENALTY_POINTS, code)
  }

  /** Counts points without telling anyone: for what arrives too often to report each time. */
  charge(peer: Peer, points: number, code: string): void {
    const { scores, clock, disconnect } = this.#components
    if (this.isRefused(peer)) return

    if (scores.add(peer, points, clock.now())) disconnect(peer, code)
  }

  isRefused(peer: Peer): boolean {
    return this.#components.scores.isRefused(peer, this.#components.clock.now())
  }
}
