import type { Rng } from '../../interface/rng.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { Trainer } from '../../interface/trainer.ts'
import type { DirectionKey } from '../../math/signs.ts'
import type { Replica } from '../../spsa/replica.ts'

export interface MeasuringInit {
  trainer: Pick<Trainer, 'params' | 'loss' | 'exampleCount'>
  replica: Pick<Replica, 'perturbedInto'>
  /** Draws the examples for the projections from a place of this node's log on: the same each time. */
  rngOf: (place: number) => Rng
  /** Examples in a batch. */
  batchSize: number
  /** How far to either side the losses are measured. */
  epsilon: number
}

export interface Measured {
  /** Of the losses to both sides, over twice epsilon; not finite where a loss was not. */
  readonly difference: number
  /** Mean of both losses, in nats. */
  readonly loss: number
}

/**
 * Measures how the loss of this node's examples changes along a direction, on one batch for both sides.
 *
 * Source: Spall, "Multivariate stochastic approximation using a simultaneous perturbation gradient approximation", IEEE
 * TAC 1992, with directions of random signs.
 */
export class Measuring {
  readonly #init: MeasuringInit

  constructor(init: MeasuringInit) {
    this.#init = init
  }

  /** A batch for the queries of one step: indices of training examples, with repeats as chance has it. */
  drawBatch(place: number): number[] {
    const { rngOf, batchSize, trainer } = this.#init
    const rng = rngOf(place)

    return Array.from({ length: batchSize }, () => rng.below(trainer.exampleCount))
  }

  async measure(key: DirectionKey, batch: readonly number[], options: AbortOptions): Promise<Measured> {
    const { trainer, replica, epsilon } = this.#init
    replica.perturbedInto(trainer.params, key, epsilon)
    const above = await trainer.loss(batch, options)
    replica.perturbedInto(trainer.params, key, -epsilon)
    const below = await trainer.loss(batch, options)

    return { difference: (above - below) / (2 * epsilon), loss: (above + below) / 2 }
  }
}
