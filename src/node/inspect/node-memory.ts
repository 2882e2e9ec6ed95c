import { BoundedMap } from '../../gossip/bounded-map.ts'
import type { Peer } from '../../interface/network.ts'
import type { NodeEvent } from '../events.ts'
import { Ring } from './ring.ts'

/** ISO 8601, of this machine's clock. */
type Instant = string

export interface RoundFacts {
  readonly round: number
  readonly at: Instant
  /** Since the round before ended, or training began. */
  readonly seconds: number
  /** Null in rounds that do not train. */
  readonly loss: number | null
  readonly merged: number
  readonly waitedMs: number
  /** Where this round was evaluated. */
  accuracy: number | null
}

export interface EvaluationFacts {
  readonly round: number
  readonly accuracy: number
  /** Null where it is not finite. */
  readonly loss: number | null
  readonly at: Instant
}

export interface ScoreFacts {
  readonly score: number
  readonly excluded: boolean
  readonly round: number
  readonly reason: string
}

export interface RejectionFacts {
  count: number
  lastCode: string
}

export type ReplicaFacts = Extract<NodeEvent, { event: 'replica:measured' }>

const MAX_ROUNDS = 1000
/** Peers about which something is remembered: more than a node is connected to, and a bound on those that come and go. */
const MAX_PEERS = 1024

/** What a node remembers of its own events, for those who ask later. All of it is bounded. */
export class NodeMemory {
  readonly rounds = new Ring<RoundFacts>(MAX_ROUNDS)
  readonly scores = new BoundedMap<Peer, ScoreFacts>(MAX_PEERS)
  readonly rejections = new BoundedMap<Peer, RejectionFacts>(MAX_PEERS)
  evaluation: EvaluationFacts | undefined
  replica: ReplicaFacts | undefined
  readonly #now: () => number
  #roundBeganMs: number

  /** @param now - milliseconds of a clock that never goes backwards */
  constructor(now: () => number) {
    this.#now = now
    this.#roundBeganMs = now()
  }

  /** Takes note of an event. */
  readonly observe = (event: NodeEvent): void => {
    switch (event.event) {
      case 'phase:started':
        this.#roundBeganMs = this.#now()
        break
      case 'round:ended':
        this.#roundEnded(event)
        break
      case 'model:evaluated':
        this.measured(event)
        break
      case 'replica:measured':
        this.replica = event
        break
      case 'peer:scored': {
        const { peer, score, excluded, round, reason } = event
        this.scores.set(peer, { score, excluded, round, reason })
        break
      }
      case 'peer:rejected':
      case 'model:rejected':
        this.#rejected(event.peer, event.code)
    }
  }

  /** An evaluation that was asked for. */
  measured({ round, accuracy, loss }: { round: number; accuracy: number; loss: number }): void {
    this.evaluation = { round, accuracy, loss: finiteOrNull(loss), at: instant() }
    const [last] = this.rounds.last(1)
    if (last?.round === round) last.accuracy = accuracy
  }

  #roundEnded({ round, loss, merged, waitedMs }: Extract<NodeEvent, { event: 'round:ended' }>): void {
    const now = this.#now()
    const seconds = (now - this.#roundBeganMs) / 1000
    this.#roundBeganMs = now
    this.rounds.push({ round, at: instant(), seconds, loss: finiteOrNull(loss), merged, waitedMs, accuracy: null })
  }

  #rejected(peer: Peer, lastCode: string): void {
    this.rejections.set(peer, { count: (this.rejections.get(peer)?.count ?? 0) + 1, lastCode })
  }
}

function instant(): Instant {
  return new Date().toISOString()
}

/** JSON has no other numbers. */
function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}
