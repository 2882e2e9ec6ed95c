import { z } from 'zod'
import type { Trainer, TrainOptions } from '../interface/trainer.ts'
import type { Combiner } from './combiner.ts'
import { count } from './earlier-life.ts'

/** What has been trained of the round in hand; plain data. */
export interface InHand {
  readonly steps: number
  /** Mean over these steps, in nats. */
  readonly loss: number
}

export const inHandSchema = z.strictObject({ steps: count, loss: z.number() })
const NOTHING: InHand = { steps: 0, loss: 0 }

export interface LocalTrainingInit {
  trainer: Trainer
  combiner: Combiner
  /** Optimiser steps a round. */
  steps: number
  onSteps: (steps: number) => void
}

/**
 * A node's own steps of each round. What a stop cuts short is not lost: the steps done stay in hand, and the rest of them
 * is done when the round goes on, in this life or the next.
 */
export class LocalTraining {
  readonly #init: LocalTrainingInit
  #inHand = NOTHING

  constructor(init: LocalTrainingInit) {
    this.#init = init
  }

  get inHand(): InHand {
    return this.#inHand
  }

  restore(inHand: InHand): void {
    this.#inHand = inHand
  }

  /**
   * Does the steps of the round that are not done yet.
   *
   * @returns the mean loss of its steps, in nats; rejects with the signal's reason
   */
  async run(options: TrainOptions): Promise<number> {
    const { trainer, combiner, steps, onSteps } = this.#init
    const { steps: done } = this.#inHand
    if (done < steps) {
      if (done === 0) combiner.beforeTraining(trainer.params)
      const report = await trainer.train(steps - done, options)
      this.#add(report)
      onSteps(report.steps)
      if (this.#inHand.steps >= steps) combiner.afterTraining(trainer.params)
    }
    options.signal?.throwIfAborted()

    return this.#inHand.loss
  }

  /** The round is over. */
  end(): void {
    this.#inHand = NOTHING
  }

  #add({ steps, loss }: InHand): void {
    const { steps: before, loss: lossBefore } = this.#inHand
    const after = before + steps
    if (steps > 0)
      this.#inHand = { steps: after, loss: before === 0 ? loss : (before * lossBefore + steps * loss) / after }
  }
}
