import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import {
  type AggregateOptions,
  type Aggregator,
  createAggregator,
  parseAggregator
} from '../../../src/robust/registry.ts'
import { createEngine, type Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'
import type { ModelSpec } from '../../../src/train/models/registry.ts'
import type { MixingGraph } from './graph.ts'
import { Neighbourhood } from './neighbourhood.ts'

export interface SynchronousInit {
  graph: MixingGraph
  data: string
  model: ModelSpec
  /** Training examples of each honest node, by their place in the training set. */
  shares: readonly Uint32Array[]
  /** As on the command line: a chain of `src/robust`, and an attack of it where the graph has Byzantine nodes. */
  rule: string
  attack?: string
  /** One optimiser step and one exchange of models each. */
  rounds: number
  batchSize: number
  momentum: number
  learningRate: number
  seed: number
  /** Groups of honest nodes whose mean model is evaluated besides that of all. */
  groups?: readonly (readonly number[])[]
}

export interface SynchronousResult {
  /** Of the mean of all honest models, on all test examples. */
  accuracy: number
  /** Of the mean model of each group. */
  groups: number[]
  /** Root mean square distance of honest neighbours' models before they exchange them, mean over the last tenth of the rounds. */
  distance: number
  /** The round in which a model stopped being finite, which ended the run: nothing is right any more. */
  divergedIn?: number
}

/**
 * Gossip in lockstep: every honest node takes a step on its own examples, hears its neighbours, and goes on from what
 * its rule makes of that. No network and no time: what is left is the rule, the graph and the attack.
 */
export async function runSynchronous(init: SynchronousInit): Promise<SynchronousResult> {
  const engine = await createEngine({ device: 'cpu' })
  try {
    const swarm = await openSwarm(engine, init)
    await swarm.run()

    return await swarm.result()
  } finally {
    await engine.close()
  }
}

async function openSwarm(engine: Engine, init: SynchronousInit): Promise<Swarm> {
  const { model, data, batchSize, momentum, seed, shares } = init
  const vectors = new VectorHeap()
  const common = { model, data, dataSeed: seed, batchSize, seed, optimiser: { name: 'sgd', momentum } } as const
  const params = (dim: number): Float32Array => vectors.allocate(dim)
  const trainers: EngineTrainer[] = []
  for (const [i, indices] of shares.entries()) {
    trainers.push(await engine.createTrainer({ ...common, indices, stream: `${i}`, params }))
  }

  return new Swarm(init, vectors, trainers)
}

class Swarm {
  readonly #init: SynchronousInit
  readonly #vectors: VectorHeap
  readonly #trainers: readonly EngineTrainer[]
  readonly #aggregator: Aggregator
  readonly #neighbourhoods: readonly Neighbourhood[]
  /** What the honest nodes go on from, shape (dim) each. */
  readonly #merged: readonly Float32Array[]
  #divergedIn: number | undefined
  #distances = 0
  #counted = 0

  constructor(init: SynchronousInit, vectors: VectorHeap, trainers: readonly EngineTrainer[]) {
    const { graph, attack, rule, seed } = init
    const { dim } = trainers[0]!.layout
    const aggregator = createAggregator(parseAggregator(rule), { vectors, rng: createRng(seed, 'robust') })
    this.#init = init
    this.#vectors = vectors
    this.#trainers = trainers
    this.#aggregator = aggregator
    this.#merged = trainers.map(() => vectors.allocate(dim))
    this.#neighbourhoods = trainers.map(
      (_, node) =>
        new Neighbourhood({ graph, node, dim, vectors, aggregator, attack, rng: createRng(seed, `attack:${node}`) })
    )
  }

  async run(): Promise<void> {
    const { rounds, learningRate } = this.#init
    const models = this.#trainers.map(({ params }) => params)
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(this.#trainers.map((trainer) => trainer.train(1, { learningRate })))
      if (!models.every((model) => this.#vectors.allFinite(model))) {
        this.#divergedIn = round
        return
      }
      if (round > 0.9 * rounds) this.#measureDistance(models)
      for (const neighbourhood of this.#neighbourhoods) await this.#merge(neighbourhood, models, round)
      for (const [i, params] of models.entries()) params.set(this.#merged[i]!)
    }
  }

  async result(): Promise<SynchronousResult> {
    const groups = this.#init.groups ?? []
    if (this.#divergedIn !== undefined) {
      return { accuracy: 0, groups: groups.map(() => 0), distance: Infinity, divergedIn: this.#divergedIn }
    }
    const all = this.#trainers.map((_, i) => i)
    const accuracies: number[] = []
    for (const group of [all, ...groups]) accuracies.push(await this.#accuracyOf(group))

    return { accuracy: accuracies[0]!, groups: accuracies.slice(1), distance: this.#distances / this.#counted }
  }

  async #merge(neighbourhood: Neighbourhood, models: readonly Float32Array[], round: number): Promise<void> {
    const { node } = neighbourhood
    const { updates, mixingWeights } = neighbourhood.receive(models, round)
    const options = { own: 0, mixingWeights }
    if (updates.length < this.#aggregator.minUpdates) {
      this.#merged[node]!.set(models[node]!)
      return
    }
    const losses = this.#aggregator.needsLosses ? await this.#losses(node, updates, options, round) : undefined
    if (this.#isMean) this.#vectors.weightedSumInto(this.#merged[node]!, updates, mixingWeights)
    else
      this.#aggregator.aggregateInto(
        this.#merged[node]!,
        updates,
        losses === undefined ? options : { ...options, losses }
      )
  }

  /** Plain gossip mixes by the weights of the graph. */
  get #isMean(): boolean {
    return this.#aggregator.name === 'mean'
  }

  /** Over one batch of the node's own examples, of those that the rule asks for. */
  async #losses(node: number, updates: readonly Float32Array[], options: AggregateOptions, round: number) {
    const trainer = this.#trainers[node]!
    const rng = createRng(this.#init.seed, `losses:${node}:${round}`)
    const batch = Array.from({ length: this.#init.batchSize }, () => rng.below(trainer.exampleCount))
    const losses: (number | undefined)[] = updates.map(() => undefined)
    const own = trainer.params.slice()
    for (const i of this.#aggregator.candidates(updates, options)) {
      trainer.params.set(i === 0 ? own : updates[i]!)
      losses[i] = await trainer.loss(batch)
    }
    trainer.params.set(own)

    return losses
  }

  /** On the common test set: any trainer can tell. Leaves its params as they were. */
  async #accuracyOf(group: readonly number[]): Promise<number> {
    const [trainer] = this.#trainers as [EngineTrainer]
    const own = trainer.params.slice()
    const models = group.map((i) => this.#trainers[i]!.params)
    this.#vectors.weightedSumInto(trainer.params, models, new Float64Array(group.length).fill(1 / group.length))
    const { accuracy } = await trainer.evaluate()
    trainer.params.set(own)

    return accuracy
  }

  #measureDistance(models: readonly Float32Array[]): void {
    const { neighbours, honest } = this.#init.graph
    let squares = 0
    let edges = 0
    for (const [i, model] of models.entries()) {
      for (const j of neighbours[i]!) {
        if (j >= honest) continue
        squares += this.#vectors.squaredDistance(model, models[j]!)
        edges++
      }
    }
    this.#distances += Math.sqrt(squares / edges)
    this.#counted++
  }
}
