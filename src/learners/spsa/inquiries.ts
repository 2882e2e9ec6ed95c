import type { Clock } from '../../interface/clock.ts'
import { RejectedError } from '../../interface/errors.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import type { Equivocation } from '../../wire/log-batch.ts'
import { decodeSegmentAnswer, encodeSegmentQuery } from '../../wire/snapshot-codec.ts'
import { judged } from '../judged.ts'
import type { Tasks } from '../tasks.ts'
import { inquire } from './inquiry.ts'

/** Authors whose logs are looked into at a time, each at another peer. */
const MAX_INQUIRIES = 4
/** Until a peer that had us look into a log for nothing may do so again. */
const PAUSE_MS = 10_000

export interface InquiriesInit {
  network: Network
  clock: Clock
  tasks: Tasks
  ledger: Ledger
  /** Puts a question for a segment to a peer. */
  ask: (peer: Peer, query: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>
  onProof: (from: Peer, proof: Equivocation) => void
  /** Nothing came of it; throws what is a reason to end. */
  onFailure: (from: Peer, error: unknown, signal: AbortSignal) => void
}

/**
 * Looks into logs of which peers have something that does not fit: either the author wrote two, or the peer passes on
 * what nobody signed. One at a time for each peer: who answers slowly, or with nothing, must not take the places of all.
 */
export class Inquiries {
  readonly #init: InquiriesInit
  /** Authors whose logs are being looked into, by the peer that is asked. */
  readonly #running = new Map<Peer, Peer>()
  /** Until when connected peers are not asked again. */
  readonly #pausedMs = new Map<Peer, number>()

  constructor(init: InquiriesInit) {
    this.#init = init
  }

  /** Asks a peer about an author, unless there is no place for that now: it comes up again. */
  begin(from: Peer, author: Peer): void {
    const { tasks, clock, onProof, onFailure } = this.#init
    if (this.#running.has(author) || !this.#isPossible(from)) return

    this.#running.set(author, from)
    tasks.spawn(async (signal) => {
      try {
        const proof = await this.#findFork(from, author, signal)
        onProof(from, proof)
      } catch (error) {
        if (this.#isConnected(from)) this.#pausedMs.set(from, clock.now() + PAUSE_MS)
        onFailure(from, error, signal)
      } finally {
        this.#running.delete(author)
      }
    })
  }

  /** A peer has gone. */
  forget(peer: Peer): void {
    this.#pausedMs.delete(peer)
  }

  #isPossible(from: Peer): boolean {
    const isBusy = this.#running.size >= MAX_INQUIRIES || [...this.#running.values()].includes(from)

    return !isBusy && this.#isConnected(from) && this.#init.clock.now() >= (this.#pausedMs.get(from) ?? 0)
  }

  async #findFork(from: Peer, author: Peer, signal: AbortSignal): Promise<Equivocation> {
    const { network, ledger, ask } = this.#init
    const askSegment = async (index: number) => {
      const answer = await ask(from, encodeSegmentQuery({ author, index }), signal)
      return judged(network, from, () => decodeSegmentAnswer(answer))
    }
    try {
      return await inquire({ ledger, author, ask: askSegment })
    } catch (error) {
      // what is wrong with an answer as such has been judged where it was read
      if (error instanceof RejectedError && error.code === 'ERR_LEDGER_SIGNATURE') network.reject(from, error)
      throw error
    }
  }

  #isConnected(peer: Peer): boolean {
    return this.#init.network.peers().includes(peer)
  }
}
