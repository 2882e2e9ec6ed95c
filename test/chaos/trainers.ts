import { createLayout, type Layout, type Params } from '../../src/interface/params.ts'
import type {
  Evaluation,
  FisherOptions,
  HeadProbe,
  RoundOptions,
  StatelessTrainer,
  Trainer,
  TrainerState,
  TrainOptions,
  TrainReport
} from '../../src/interface/trainer.ts'
import { createRng } from '../../src/math/philox.ts'
import { isSampling } from '../../src/node/learner.ts'
import type { TrainerSource } from '../../src/node/simulation/trainers.ts'
import type { Scenario } from './scenario.ts'

/** What the trainer of one life was asked to do. `round` is undefined for trainers that are not told. */
export type OnTraining = (node: number, round: number | undefined, params: Params) => void

export interface ChaosTrainersInit {
  scenario: Scenario
  /** Told before each training, with the params as they come. */
  onTraining: OnTraining
  /** Awaited in each call: real time that must make no difference. */
  pause?: () => Promise<void>
}

/** Every target, and so every model on the way there from zero, lies within -TARGET .. TARGET. */
export const TARGET = 1

/** Gradient descent on half the squared distance to a target of the node's own, live and stateless in one. */
class ChaosTrainer implements Trainer, StatelessTrainer {
  readonly layout: Layout
  readonly exampleCount: number
  readonly params: Params
  readonly #target: Params
  readonly #node: number
  readonly #init: ChaosTrainersInit

  constructor(node: number, init: ChaosTrainersInit) {
    const { dim, seed } = init.scenario
    const rng = createRng(seed, `chaos:target:${node}`)
    this.layout = createLayout([{ name: 'w', shape: [dim], kind: 'kernel' }])
    this.exampleCount = 1 + rng.below(1000)
    this.params = new Float32Array(dim)
    this.#target = Float32Array.from({ length: dim }, () => TARGET * (2 * rng.uniform() - 1))
    this.#node = node
    this.#init = init
  }

  async initialise(params: Params): Promise<void> {
    await this.#init.pause?.()
    params.fill(0)
  }

  train(steps: number, options: TrainOptions): Promise<TrainReport>
  train(params: Params, options: RoundOptions): Promise<TrainReport>
  async train(first: number | Params, options: TrainOptions | RoundOptions): Promise<TrainReport> {
    const isLive = typeof first === 'number'
    const params = isLive ? this.params : first
    const steps = isLive ? first : (options as RoundOptions).steps
    this.#init.onTraining(this.#node, isLive ? undefined : (options as RoundOptions).round, params)
    await this.#init.pause?.()
    for (let step = 0; step < steps; step++) this.#step(params, options.learningRate)

    return { steps, examples: steps, loss: this.#loss(params) }
  }

  evaluate(params?: Params | object): Promise<Evaluation>
  async evaluate(params?: unknown): Promise<Evaluation> {
    await this.#init.pause?.()

    return { accuracy: 0, loss: this.#loss(params instanceof Float32Array ? params : this.params), examples: 1 }
  }

  async loss(): Promise<number> {
    return this.#loss(this.params)
  }

  fisher(out: Float32Array, options: FisherOptions): Promise<void>
  fisher(params: Params, out: Float32Array, options: FisherOptions): Promise<void>
  async fisher(first: Float32Array, second: Float32Array | FisherOptions): Promise<void> {
    await this.#init.pause?.()
    const out = second instanceof Float32Array ? second : first
    for (let i = 0; i < out.length; i++) out[i] = Math.abs(this.#target[i]!)
  }

  async probe(): Promise<HeadProbe> {
    return { features: new Float32Array(), labels: new Int32Array(), width: 0, classes: 0 }
  }

  state(): TrainerState {
    return { steps: 0, optimiser: new Float32Array() }
  }

  restore(): void {}

  async close(): Promise<void> {}

  #step(params: Params, learningRate: number): void {
    for (let i = 0; i < params.length; i++) params[i]! += learningRate * (this.#target[i]! - params[i]!)
  }

  #loss(params: Params): number {
    let sum = 0
    for (let i = 0; i < params.length; i++) sum += 0.5 * (this.#target[i]! - params[i]!) ** 2

    return sum
  }
}

/** Cheap training for every node of a scenario; each life gets a trainer of its own. */
export function chaosTrainers(init: ChaosTrainersInit): TrainerSource {
  const kind = isSampling(init.scenario.job.learner) ? 'stateless' : 'live'

  return {
    open: async (index) => {
      const trainer = new ChaosTrainer(index, init)

      return {
        training: { kind, trainer },
        device: 'none',
        examples: trainer.exampleCount,
        classCounts: [],
        testExamples: 1,
        release: async () => undefined
      }
    },
    close: async () => undefined
  }
}
