import type { RejectedError } from '../../interface/errors.ts'
import type { Network, Peer } from '../../interface/network.ts'
import { ledgerRejection } from '../../spsa/ledger/errors.ts'
import type { Acceptance, Ledger } from '../../spsa/ledger/ledger.ts'
import type { LedgerAnswer } from '../../wire/ledger-sync-codec.ts'
import type { Equivocation, LogBatch } from '../../wire/log-batch.ts'
import type { Condition } from '../condition.ts'
import { judged } from '../judged.ts'

/** Batches of one answer that may turn out to be signed by nobody, each of another author: to find out costs time. */
const MAX_UNPROVEN = 4

export interface IntakeInit {
  network: Network
  ledger: Ledger
  /** Told of everything that could change what somebody waits for. */
  changes: Condition
  /** Something new of a peer, to be kept; the ledger has it already. */
  onNews: (news: { batch: LogBatch } | { proof: Equivocation }) => void
  onRejected: (peer: Peer, error: RejectedError) => void
  /** What comes before this is missing here: its sender may have it. */
  onGap: (from: Peer) => void
  /** What a sender has of an author's log does not fit what is here. */
  onUnproven: (from: Peer, author: Peer) => void
}

/** Takes what peers send into the ledger, and sees to what does not fit there. */
export class Intake {
  readonly #init: IntakeInit
  /** Authors that were told of as being too far ahead, and still are; the ledger has a log of each. */
  readonly #ahead = new Set<Peer>()

  constructor(init: IntakeInit) {
    this.#init = init
  }

  /** @returns whether there may be more */
  takeAnswer(peer: Peer, { batches, proofs }: LedgerAnswer): boolean {
    const { network, ledger } = this.#init
    let isNew = false
    judged(network, peer, () => {
      for (const proof of proofs) {
        if (ledger.hasPlaceFor(proof.author)) isNew = this.takeProof(proof) || isNew
      }
      isNew = this.#takeBatches(peer, batches) || isNew
    })

    return isNew
  }

  /** @throws {RejectedError} */
  take(from: Peer, batch: LogBatch): Acceptance {
    const { ledger, onNews, changes, onGap, onUnproven } = this.#init
    const outcome = ledger.accept(batch)
    if (outcome.kind === 'added') {
      onNews({ batch })
      this.#lookAhead(batch.author)
      changes.notify()
    } else if (outcome.kind === 'gap') onGap(from)
    else if (outcome.kind === 'unproven') onUnproven(from, batch.author)
    else if (outcome.kind === 'equivocation') this.takeProof(outcome.proof)

    return outcome
  }

  /**
   * @returns whether it says more than what was known
   * @throws {RejectedError} ERR_EQUIVOCATION_INVALID
   */
  takeProof(proof: Equivocation): boolean {
    const { ledger, onNews, onRejected, changes } = this.#init
    if (!ledger.acceptProof(proof)) return false
    onNews({ proof })
    const { author } = proof
    // no misdeed against the network: a node that lost its disk does it too, and may still carry what others write
    const error = ledgerRejection('ERR_LEDGER_EQUIVOCATION', 'ignore', 'two signed logs of one author', { author })
    onRejected(author, error)
    changes.notify()

    return true
  }

  /** Tells of an author once: that it floods the others, or is just fast. */
  #lookAhead(author: Peer): void {
    const { ledger, onRejected } = this.#init
    if (!ledger.isAhead(author)) this.#ahead.delete(author)
    else if (!this.#ahead.has(author)) {
      this.#ahead.add(author)
      const length = ledger.lengthOf(author)
      const message = `${length} projections, of which ${ledger.countedOf(author)} count: the others are not as far`
      onRejected(author, ledgerRejection('ERR_LEDGER_LEAD', 'ignore', message, { author, length }))
    }
  }

  #takeBatches(peer: Peer, batches: readonly LogBatch[]): boolean {
    const unproven = new Set<Peer>()
    let isNew = false
    for (const batch of batches) {
      const { author } = batch
      // what comes after a batch that does not fit does not fit either
      if (unproven.has(author) || unproven.size >= MAX_UNPROVEN) continue
      if (!this.#init.ledger.hasPlaceFor(author)) continue
      const { kind } = this.take(peer, batch)
      if (kind === 'unproven') unproven.add(author)
      isNew = kind === 'added' || isNew
    }

    return isNew
  }
}
