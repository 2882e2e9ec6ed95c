import type { Learner, LearnerStatus, LearnerView } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { Replica } from '../../spsa/replica.ts'
import { withoutNumbers } from '../earlier-life.ts'
import type { SPSAComponents, SPSAInit } from './init.ts'
import { Life } from './life.ts'
import { Orders } from './orders.ts'
import { readSPSAState, type SPSAState } from './state.ts'

/**
 * Trains without gradients: measure the loss to both sides of a random direction, write one byte, publish it, apply
 * whatever others have written, go on. Nobody waits for anybody. The model is a function of the set of bytes, so all
 * who have the same set have the same model to the last bit.
 *
 * Source: Zelikman et al., "Just one byte (per gradient)", arXiv:2306.10015, with deviations: directions are random
 * signs, the state is of integers, logs are signed, and there are no rounds.
 */
export class SPSALearner implements Learner {
  readonly #parts: SPSAComponents
  readonly #init: SPSAInit
  readonly #status: LearnerStatus
  #earlier: SPSAState | undefined
  readonly #orders = new Orders()
  #life: Life | undefined

  /** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this learner's */
  constructor(components: SPSAComponents, init: SPSAInit) {
    const { dim } = components.trainer.layout
    this.#parts = components
    this.#init = withoutNumbers(init)
    this.#earlier = init.resume === undefined ? undefined : readSPSAState(init.resume, dim)
    const { round = 0, steps = 0 } = this.#earlier ?? {}
    this.#status = { phase: 'idle', round, steps }
  }

  get status(): LearnerStatus {
    return { ...this.#status }
  }

  inspect(): LearnerView {
    return { models: [], neighbours: this.#parts.network.peers(), members: undefined }
  }

  /** What this node holds while it runs. */
  get replica(): Replica | undefined {
    return this.#life?.replica
  }

  /**
   * For an operator: from its next step on nothing of this author counts here, from `place` on, whatever comes; the
   * model becomes what it would be without. Nodes that count another set never come to the same hash as this one. Not
   * remembered over a restart of the node.
   */
  ban(author: Peer, place = 0): void {
    this.#orders.ban(author, place)
  }

  /** Takes a ban back: from the next step on the author counts as everybody does, and the model is as if it always had. */
  unban(author: Peer): void {
    this.#orders.unban(author)
  }

  async run(options: AbortOptions = {}): Promise<void> {
    const life = new Life(this.#parts, this.#init, {
      orders: this.#orders,
      status: this.#status,
      earlier: this.#earlier
    })
    this.#life = life
    this.#earlier = undefined
    try {
      await life.run(options)
    } finally {
      this.#life = undefined // nobody looks at what is closed
      life.close()
    }
  }
}
