import type { Layout } from '../../../src/interface/params.ts'
import type { Rng } from '../../../src/interface/rng.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { denseLayers } from '../../../src/merge/dense-layers.ts'
import { permuteInto, WeightMatching } from '../../../src/merge/weight-matching.ts'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'
import type { OptimiserSpec } from '../../../src/train/graph/optimisers/registry.ts'

export interface BarrierInit {
  data: string
  hidden: readonly number[]
  batchSize: number
  steps: number
  optimiser: OptimiserSpec
  learningRate: number
  /** Two starts: their seeds also decide the order of the examples. */
  seeds: readonly [number, number]
  /** Points on the line, ends included. */
  points: number
  /** Test examples a point; all when absent. */
  testLimit?: number
  /** The order in which layers are matched. */
  rng: Rng
}

/** What lies between two models: loss (in nats) and accuracy on the test set, at evenly spaced points. */
export interface Line {
  losses: number[]
  accuracies: number[]
  /** The most that the loss is above the straight line between its ends. */
  barrier: number
}

export interface BarrierResult {
  plain: Line
  aligned: Line
  /** Time of the matching. */
  matchMs: number
}

/** Trains two MLPs from different starts, and measures the line between them before and after alignment. */
export async function measureBarrier(init: BarrierInit): Promise<BarrierResult> {
  const engine = await createEngine({ device: 'cpu' })
  const vectors = new VectorHeap()
  try {
    const trainers = [await trainFrom(engine, init, init.seeds[0]), await trainFrom(engine, init, init.seeds[1])]
    const [own, peer] = trainers.map(({ params }) => params.slice()) as [Float32Array, Float32Array]
    const { layout } = trainers[0]!
    const startedMs = performance.now()
    const aligned = align(own, peer, layout, init.rng)
    const matchMs = performance.now() - startedMs
    const line = (end: Float32Array) => walk(trainers[0]!, own, end, init.points, vectors)

    return { plain: await line(peer), aligned: await line(aligned), matchMs }
  } finally {
    await engine.close()
  }
}

async function trainFrom(engine: Engine, init: BarrierInit, seed: number): Promise<EngineTrainer> {
  const { hidden, optimiser, data, batchSize, testLimit, steps, learningRate } = init
  const trainer = await engine.createTrainer({
    model: { name: 'mlp', hidden },
    optimiser,
    data,
    dataSeed: 1,
    batchSize,
    seed,
    stream: `node:${seed}`,
    ...(testLimit === undefined ? {} : { testLimit })
  })
  await trainer.train(steps, { learningRate })

  return trainer
}

/** The peer with its hidden units in our order. */
function align(own: Float32Array, peer: Float32Array, layout: Layout, rng: Rng): Float32Array {
  const layers = denseLayers(layout)
  const out = new Float32Array(layout.dim)
  permuteInto(out, peer, layers, new WeightMatching(layers).match(own, peer, rng))

  return out
}

async function walk(
  trainer: EngineTrainer,
  from: Float32Array,
  to: Float32Array,
  points: number,
  vectors: VectorHeap
): Promise<Line> {
  const line: Line = { losses: [], accuracies: [], barrier: 0 }
  for (let p = 0; p < points; p++) {
    const at = p / (points - 1)
    vectors.weightedSumInto(trainer.params, [from, to], [1 - at, at])
    const { loss, accuracy } = await trainer.evaluate()
    line.losses.push(loss)
    line.accuracies.push(accuracy)
  }
  const [first, last] = [line.losses[0]!, line.losses.at(-1)!]
  line.barrier = Math.max(...line.losses.map((loss, p) => loss - first - ((last - first) * p) / (points - 1)))

  return line
}
