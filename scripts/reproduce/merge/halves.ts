import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { decodeFisherInto, encodeFisher } from '../../../src/merge/fisher-codec.ts'
import { createMerge, type FisherVector, type MergeSpec } from '../../../src/merge/registry.ts'
import { loadData } from '../../../src/train/data/load.ts'
import type { Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'
import type { OptimiserSpec } from '../../../src/train/graph/optimisers/registry.ts'

export interface HalvesInit {
  data: string
  hidden: readonly number[]
  batchSize: number
  optimiser: OptimiserSpec
  learningRate: number
  steps: number
  /** Decides the start, which the two share, and the batches. */
  seed: number
  /** Test examples a point; all when absent. */
  testLimit?: number
}

/** Accuracy over all classes at own weights from 0 to 1. */
export type Sweep = readonly (readonly [own: number, accuracy: number])[]

/**
 * Two models from one start, the first trained on the lower half of the classes, the second on the upper half, and
 * what lies between them when they are merged.
 */
export class Halves {
  readonly #trainers: readonly [EngineTrainer, EngineTrainer]
  readonly #models: readonly [Float32Array, Float32Array]
  readonly #vectors = new VectorHeap()

  private constructor(trainers: readonly [EngineTrainer, EngineTrainer]) {
    this.#trainers = trainers
    this.#models = [trainers[0].params.slice(), trainers[1].params.slice()]
  }

  static async train(engine: Engine, init: HalvesInit): Promise<Halves> {
    const [lower, upper] = await halfIndices(init)

    return new Halves([await trainOn(engine, init, 'lower', lower), await trainOn(engine, init, 'upper', upper)])
  }

  /** Diagonal Fisher of each model on its own examples, as the policy wants it. */
  async fishers(spec: MergeSpec): Promise<FisherVector[]> {
    const { layout } = this.#trainers[0]
    const estimate = createMerge(spec, { vectors: this.#vectors, layout }).fisher
    if (estimate === undefined) return []

    const fishers: FisherVector[] = []
    for (const [i, trainer] of this.#trainers.entries()) {
      trainer.params.set(this.#models[i]!)
      const fisher = new Float32Array(layout.dim)
      await trainer.fisher(fisher, { ...estimate, round: 1 })
      fishers.push(fisher)
    }

    return fishers
  }

  /** Merges with `points` own weights, evenly spaced, both ends included. */
  async sweep(spec: MergeSpec, fishers: readonly FisherVector[], points: number): Promise<Sweep> {
    const [trainer] = this.#trainers
    const [first, second] = this.#models
    const [own, peer] = fishers
    const update = { peer: 'second', round: 1, examples: 1, params: second }
    const sweep: [number, number][] = []
    for (let p = 0; p < points; p++) {
      const weight = p / (points - 1)
      const merge = createMerge({ ...spec, own: weight }, { vectors: this.#vectors, layout: trainer.layout })
      trainer.params.set(first)
      const fisher = own === undefined || peer === undefined ? {} : { fisher: { own, updates: [peer] } }
      merge.mergeInto({ params: trainer.params, examples: 1, updates: [update], ...fisher })
      sweep.push([weight, (await trainer.evaluate()).accuracy])
    }

    return sweep
  }

  async close(): Promise<void> {
    for (const trainer of this.#trainers) await trainer.close()
  }
}

/** What a Fisher vector is after it has travelled. */
export function asReceived(fisher: FisherVector): FisherVector {
  const out = new Float32Array(fisher.length)
  decodeFisherInto(out, encodeFisher(fisher))

  return out
}

export function best(sweep: Sweep): { own: number; accuracy: number } {
  const [own, accuracy] = sweep.reduce((most, point) => (point[1] > most[1] ? point : most))

  return { own, accuracy }
}

async function halfIndices({ data, seed }: HalvesInit): Promise<[Uint32Array, Uint32Array]> {
  const { train } = await loadData(data, { seed, env: process.env, cwd: process.cwd() })
  const examples = Array.from(train.labels, (label, index) => ({ index, isLower: label < train.classes / 2 }))
  const indices = (half: typeof examples) => Uint32Array.from(half, ({ index }) => index)

  return [indices(examples.filter(({ isLower }) => isLower)), indices(examples.filter(({ isLower }) => !isLower))]
}

async function trainOn(engine: Engine, init: HalvesInit, stream: string, indices: Uint32Array): Promise<EngineTrainer> {
  const { data, hidden, batchSize, optimiser, learningRate, steps, seed, testLimit } = init
  const trainer = await engine.createTrainer({
    model: { name: 'mlp', hidden },
    optimiser,
    data,
    dataSeed: seed,
    indices,
    batchSize,
    seed,
    stream,
    ...(testLimit === undefined ? {} : { testLimit })
  })
  await trainer.train(steps, { learningRate })

  return trainer
}
