import { setImmediate } from 'node:timers/promises'
import { createLayout, type Layout } from '../../src/interface/params.ts'
import type {
  Evaluation,
  FisherOptions,
  HeadProbe,
  Trainer,
  TrainerState,
  TrainOptions,
  TrainReport
} from '../../src/interface/trainer.ts'

/** Gradient descent on half the squared distance to a target: its own "data". */
export class QuadraticTrainer implements Trainer {
  readonly layout: Layout
  readonly exampleCount: number
  readonly params: Float32Array
  readonly #target: readonly number[]

  constructor(target: readonly number[], exampleCount = 100, layout = flatLayout(target.length)) {
    this.#target = target
    this.exampleCount = exampleCount
    this.layout = layout
    this.params = new Float32Array(target.length)
  }

  async train(steps: number, { learningRate }: TrainOptions): Promise<TrainReport> {
    await setImmediate()
    for (let step = 0; step < steps; step++) {
      for (const [i, target] of this.#target.entries()) this.params[i]! += learningRate * (target - this.params[i]!)
    }
    return { steps, examples: steps, loss: await this.loss() }
  }

  async evaluate(): Promise<Evaluation> {
    return { accuracy: 0, loss: await this.loss(), examples: 1 }
  }

  async loss(_indices?: readonly number[]): Promise<number> {
    return this.#target.reduce((sum, target, i) => sum + 0.5 * (target - this.params[i]!) ** 2, 0)
  }

  /** What it calls important: a tenth of it where the target is zero. */
  async fisher(out: Float32Array, _options: FisherOptions): Promise<void> {
    await setImmediate()
    for (const [i, target] of this.#target.entries()) out[i] = target === 0 ? 0.1 : 1
  }

  async probe(perClass: number): Promise<HeadProbe> {
    const labels = new Int32Array(perClass)

    return { features: new Float32Array(perClass * this.params.length), labels, width: this.params.length, classes: 1 }
  }

  state(): TrainerState {
    return { steps: 0, optimiser: new Float32Array() }
  }

  restore(_state: TrainerState): void {}

  async close(): Promise<void> {}
}

const flatLayout = (dim: number): Layout => createLayout([{ name: 'w', shape: [dim], kind: 'kernel' }])
