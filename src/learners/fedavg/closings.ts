import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import type { ModelNotice } from '../../wire/notice-codec.ts'
import type { FedAvgSession } from './session.ts'

/** Nobody waits for the answer. */
const ATTEMPTS = 1

/**
 * Tells nodes that a round is over, one word under way to each at most: an
 * invitation to a later round says as much. Otherwise lost words, in short
 * rounds, would hold up the invitations behind them.
 */
export class Closings {
  readonly #session: FedAvgSession
  readonly #open = new Map<Peer, AbortController>()

  constructor(session: FedAvgSession) {
    this.#session = session
  }

  /** Once for each time that the peer was {@link overtake}n, which is before it is invited. */
  tell(peer: Peer, notice: ModelNotice): void {
    const overtaken = new AbortController()
    this.#open.set(peer, overtaken)
    this.#session.tasks.spawn(async (signal) => {
      const why = `a node to hear that round ${notice.round} is over`
      try {
        await this.#session.tell(peer, notice, why, ATTEMPTS, { signal })
      } catch (error) {
        this.#session.forgive(error, signal)
      } finally {
        if (this.#open.get(peer) === overtaken) this.#open.delete(peer)
      }
    }, overtaken)
  }

  /** Something newer is about to be said to this node. */
  overtake(peer: Peer): void {
    this.#open.get(peer)?.abort(new CodedError('ERR_LEARNER_STOPPED', 'a newer word overtakes this one'))
    this.#open.delete(peer)
  }
}
