import type { Peer } from '../../../src/interface/network.ts'
import type { Evaluation } from '../../../src/interface/trainer.ts'
import { Measuring, type MeasuringInit } from '../../../src/learners/spsa/measuring.ts'
import type { ProjectionMath } from '../../../src/learners/spsa/projection-math.ts'
import { createRng } from '../../../src/math/philox.ts'
import { type DirectionKey, signsInto } from '../../../src/math/signs.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { isProjectionJob, type JobInput, type ProjectionJob, resolveJob } from '../../../src/node/job.ts'
import { horizonOf, projectionMath } from '../../../src/node/projections.ts'
import { peerNames } from '../../../src/node/simulation/peer-names.ts'
import { openTrainer } from '../../../src/node/training.ts'
import { FULL_RATE, rateAt } from '../../../src/spsa/schedule.ts'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'

/** What a projection is when it is applied: as the byte that travels, or as it was measured. */
export type Precision = 'bytes' | 'floats'

export interface LockstepInit {
  /** With the learner spsa, one query a step, and a budget of rounds. */
  job: JobInput
  precision: Precision
}

/**
 * A job's projections without a network: in each step all nodes measure at the same weights, on the batches and along
 * the directions that the learner would take, and all that they found is applied at once.
 *
 * @returns of the weights at the end, on the whole test set
 */
export async function runLockstep({ job: input, precision }: LockstepInit): Promise<Evaluation> {
  const job = resolveJob(input, 'experiment')
  if (!isProjectionJob(job)) throw new TypeError(`a job with the learner ${job.learner.name}`)
  const engine = await createEngine({ device: 'cpu' })
  try {
    const swarm = await Lockstep.open(engine, job, precision)
    for (let step = 0; step < horizonOf(job); step++) await swarm.step(step)

    return await swarm.evaluate()
  } finally {
    await engine.close()
  }
}

/** How far a projection moves the weights along its direction. */
export function moveOf(
  job: ProjectionJob,
  math: Pick<ProjectionMath, 'encode' | 'coefficientOf' | 'scale'>,
  precision: Precision
): (difference: number, step: number) => number {
  const { learner, learningRate, data } = job
  // integers times a power of two: exact
  if (precision === 'bytes') {
    return (difference, step) => math.scale * math.coefficientOf(math.encode(difference), step)
  }

  const options = { schedule: learner.schedule, floor: learner.floor, horizon: horizonOf(job) }

  return (difference, step) =>
    (-learningRate.peak * (rateAt(options, step) / FULL_RATE) * difference) / (data.nodes * learner.queries)
}

interface LockstepNode {
  peer: Peer
  trainer: EngineTrainer
  measuring: Measuring
}

class Lockstep {
  readonly #nodes: readonly LockstepNode[]
  readonly #start: Float32Array
  /** From the start. */
  readonly #moved: Float64Array
  readonly #weights: Float32Array
  readonly #signs: Int8Array
  readonly #move: (difference: number, step: number) => number
  readonly #keyOf: (peer: Peer, place: number) => DirectionKey

  private constructor(
    job: ProjectionJob,
    precision: Precision,
    vectors: VectorHeap,
    trainers: readonly EngineTrainer[]
  ) {
    const { params } = trainers[0]!
    const math = projectionMath(job)
    this.#keyOf = math.directions(() => new Uint8Array()).of
    this.#move = moveOf(job, math, precision)
    this.#start = params.slice()
    this.#moved = new Float64Array(params.length)
    this.#signs = new Int8Array(params.length)
    this.#weights = vectors.allocate(params.length)
    this.#weights.set(params)
    const replica: MeasuringInit['replica'] = {
      perturbedInto: (out, key, epsilon) => vectors.perturbInto(out, this.#weights, key, epsilon)
    }
    const { seed, batchSize, learner } = job
    this.#nodes = peerNames(job.data.nodes, seed).map((peer, i) => {
      const trainer = trainers[i]!
      const rngOf = (step: number) => createRng(seed, `spsa:batches:${peer}:${step}`)
      const { epsilon } = learner

      return { peer, trainer, measuring: new Measuring({ trainer, replica, rngOf, batchSize, epsilon }) }
    })
  }

  static async open(engine: Engine, job: ProjectionJob, precision: Precision): Promise<Lockstep> {
    const vectors = new VectorHeap()
    const trainers: EngineTrainer[] = []
    for (let index = 0; index < job.data.nodes; index++) {
      trainers.push(await openTrainer(engine, { job, share: { kind: 'slice', index }, vectors }))
    }

    return new Lockstep(job, precision, vectors, trainers)
  }

  async step(step: number): Promise<void> {
    const found = await Promise.all(
      this.#nodes.map(async ({ peer, measuring }) => {
        const key = this.#keyOf(peer, step)
        const { difference } = await measuring.measure(key, measuring.drawBatch(step), {})

        return { key, move: this.#move(difference, step) }
      })
    )
    for (const { key, move } of found) this.#add(key, move)
    // as a replica does, where moves are integers times its scale
    for (let i = 0; i < this.#weights.length; i++) {
      this.#weights[i] = this.#start[i]! + Math.fround(this.#moved[i]!)
    }
  }

  async evaluate(): Promise<Evaluation> {
    const { trainer } = this.#nodes[0]!
    trainer.params.set(this.#weights)

    return trainer.evaluate()
  }

  #add(key: DirectionKey, move: number): void {
    signsInto(this.#signs, key)
    const moved = this.#moved
    for (let i = 0; i < moved.length; i++) moved[i]! += move * this.#signs[i]!
  }
}
