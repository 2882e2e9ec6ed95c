import { setImmediate } from 'node:timers/promises'
import { createLayout, type Layout } from '../../src/interface/params.ts'
import type {
  EvaluateOptions,
  Evaluation,
  FisherOptions,
  RoundOptions,
  StatelessTrainer,
  TrainReport
} from '../../src/interface/trainer.ts'

/** Gradient descent on half the squared distance to a target, from whatever model it is given. */
export class StatelessQuadraticTrainer implements StatelessTrainer {
  readonly layout: Layout
  readonly exampleCount: number
  readonly #target: readonly number[]
  /** Every round that was trained to its end, in order. */
  readonly trained: number[] = []
  /** The model that was last evaluated in full. */
  final: Float32Array | undefined
  /** Awaited before a round is trained: to hold it back. */
  hold: (round: number) => Promise<void> | undefined = () => undefined

  constructor(target: readonly number[], exampleCount = 100, layout = flatLayout(target.length)) {
    this.#target = target
    this.exampleCount = exampleCount
    this.layout = layout
  }

  async initialise(params: Float32Array): Promise<void> {
    params.fill(0)
  }

  async train(params: Float32Array, { round, steps, learningRate, signal }: RoundOptions): Promise<TrainReport> {
    await setImmediate()
    await this.hold(round)
    if (signal?.aborted === true) return { steps: 0, examples: 0, loss: 0 }
    for (let step = 0; step < steps; step++) {
      for (const [i, target] of this.#target.entries()) params[i]! += learningRate * (target - params[i]!)
    }
    this.trained.push(round)
    return { steps, examples: steps, loss: this.#loss(params) }
  }

  async evaluate(params: Float32Array, { limit }: EvaluateOptions = {}): Promise<Evaluation> {
    if (limit === undefined) this.final = params.slice()
    return { accuracy: 0, loss: this.#loss(params), examples: limit ?? 1000 }
  }

  /** What it calls important: a tenth of it where the target is zero. */
  async fisher(_params: Float32Array, out: Float32Array, _options: FisherOptions): Promise<void> {
    await setImmediate()
    for (const [i, target] of this.#target.entries()) out[i] = target === 0 ? 0.1 : 1
  }

  #loss(params: Float32Array): number {
    return this.#target.reduce((sum, target, i) => sum + 0.5 * (target - params[i]!) ** 2, 0)
  }

  async close(): Promise<void> {}
}

const flatLayout = (dim: number): Layout => createLayout([{ name: 'w', shape: [dim], kind: 'kernel' }])
