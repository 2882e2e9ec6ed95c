import type { Layout, Params } from '../../interface/params.ts'
import type {
  Evaluation,
  FisherOptions,
  HeadProbe,
  RoundOptions,
  StatelessTrainer,
  Trainer,
  TrainerState,
  TrainReport
} from '../../interface/trainer.ts'
import { loadData } from '../../train/data/load.ts'
import { partition } from '../../train/data/partition.ts'
import { splitLayout } from '../../train/models/head.ts'
import { createModel } from '../../train/models/registry.ts'
import type { Job } from '../job.ts'
import { isSampling } from '../learner.ts'
import type { TrainerSource } from './trainers.ts'

/** A trainer that learns nothing at no cost: to look at a protocol alone, with models of the true size. */
class IdleTrainer implements Trainer, StatelessTrainer {
  readonly layout: Layout
  readonly exampleCount: number
  readonly #batchSize: number
  #params: Params | undefined

  constructor({ layout, exampleCount, batchSize }: { layout: Layout; exampleCount: number; batchSize: number }) {
    this.layout = layout
    this.exampleCount = exampleCount
    this.#batchSize = batchSize
  }

  /** Made at first use: stateless learners keep no model. */
  get params(): Params {
    this.#params ??= new Float32Array(this.layout.dim)

    return this.#params
  }

  async initialise(): Promise<void> {}

  train(steps: number): Promise<TrainReport>
  train(params: Params, options: RoundOptions): Promise<TrainReport>
  async train(first: number | Params, options?: RoundOptions): Promise<TrainReport> {
    const steps = typeof first === 'number' ? first : (options?.steps ?? 0)

    return { steps, examples: steps * this.#batchSize, loss: 0 }
  }

  async evaluate(): Promise<Evaluation> {
    return { accuracy: 0, loss: 0, examples: 1 }
  }

  async loss(): Promise<number> {
    return 0
  }

  fisher(out: Float32Array, options: FisherOptions): Promise<void>
  fisher(params: Params, out: Float32Array, options: FisherOptions): Promise<void>
  async fisher(first: Float32Array, second: Float32Array | FisherOptions): Promise<void> {
    const out = second instanceof Float32Array ? second : first
    out.fill(1)
  }

  /** It has no examples to show. */
  async probe(): Promise<HeadProbe> {
    return { features: new Float32Array(), labels: new Int32Array(), width: 0, classes: 0 }
  }

  state(): TrainerState {
    return { steps: 0, optimiser: new Float32Array() }
  }

  restore(): void {}

  async close(): Promise<void> {}
}

/** Stand-ins with the data's sizes and the model's layout of a job. */
export async function idleTrainers({ data, model, seed, batchSize, trainable, learner }: Job): Promise<TrainerSource> {
  const { train, test } = await loadData(data.set, { seed, env: process.env, cwd: process.cwd() })
  const shares = partition(train.labels, train.classes, data.partition, data.nodes, seed)
  const fitted = createModel(model, { shape: train.shape, type: train.type, classes: train.classes })
  const layout = splitLayout(fitted, trainable).trained
  const kind = isSampling(learner) ? 'stateless' : 'live'

  return {
    open: async (index) => {
      const share = shares[index]!
      const classCounts = new Array<number>(train.classes).fill(0)
      for (const example of share) classCounts[train.labels[example]!]!++
      const trainer = new IdleTrainer({ layout, exampleCount: share.length, batchSize })

      return {
        training: { kind, trainer },
        device: 'none',
        examples: share.length,
        classCounts,
        testExamples: test.count,
        release: async () => undefined
      }
    },
    close: async () => undefined
  }
}
