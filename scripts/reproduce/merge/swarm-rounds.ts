import type { Params } from '../../../src/interface/params.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { createMerge, type Merge, type MergeReport, parseMerge } from '../../../src/merge/registry.ts'
import type { Update } from '../../../src/merge/update.ts'
import { neighbours, orderMembers } from '../../../src/sampling/topology.ts'
import type { Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer } from '../../../src/train/engine/trainer.ts'
import type { OptimiserSpec } from '../../../src/train/graph/optimisers/registry.ts'
import { mean } from '../statistics.ts'

/** As in a job: all nodes begin with one model, or each draws its own. */
export type Start = 'common' | 'independent'

export interface SwarmInit {
  nodes: number
  /** Neighbours of each. */
  degree: number
  data: string
  partition: string
  hidden: readonly number[]
  batchSize: number
  optimiser: OptimiserSpec
  learningRate: number
  start: Start
  /** What a job calls the policy. */
  merge: string
  /** Decides the graph, the partition, the batches and the models at the start. */
  seed: number
  /** Test examples for a point on the curve. */
  testLimit: number
  /** Optimiser steps a round. @default 1 */
  localSteps?: number
}

/** How the swarm does after a round. */
export interface SwarmPoint {
  round: number
  /** Mean over nodes, after merging. */
  accuracy: number
  /** Of the node that does worst. */
  worst: number
}

interface Node {
  trainer: EngineTrainer
  merge: Merge
  /** What it sends: its params after training. */
  sent: Params
  /** Where its neighbours are in the list of nodes. */
  neighbours: readonly number[]
}

/**
 * Synchronous rounds of train, exchange, merge, without a network between the nodes: what D-PSGD does when nothing is
 * late.
 */
export class SwarmRounds {
  readonly #init: SwarmInit
  readonly #nodes: readonly Node[]
  #round = 0
  #reports: readonly MergeReport[] = []

  private constructor(init: SwarmInit, nodes: readonly Node[]) {
    this.#init = init
    this.#nodes = nodes
  }

  static async open(engine: Engine, init: SwarmInit): Promise<SwarmRounds> {
    const vectors = new VectorHeap()
    const graph = graphOf(init)
    const nodes: Node[] = []
    for (const [index, ends] of graph.entries()) {
      const trainer = await openTrainer(engine, vectors, init, index)
      const { layout } = trainer
      const merge = createMerge(parseMerge(init.merge), { vectors, layout })
      nodes.push({ trainer, merge, sent: vectors.allocate(layout.dim), neighbours: ends })
    }

    return new SwarmRounds(init, nodes)
  }

  /** Root mean square of what nodes stretched tensors by in the last round; undefined where nothing is stretched. */
  get factor(): number | undefined {
    const factors = this.#reports.flatMap(({ factors = [] }) => factors.map(({ factor }) => factor))

    return factors.length === 0 ? undefined : Math.sqrt(mean(factors.map((factor) => factor * factor)))
  }

  /** One round of every node. */
  async step(): Promise<void> {
    const { localSteps = 1, learningRate } = this.#init
    for (const { trainer, sent } of this.#nodes) {
      await trainer.train(localSteps, { learningRate })
      sent.set(trainer.params)
    }
    this.#round++
    const updates = this.#nodes.map(
      ({ sent, trainer }, i): Update => ({
        peer: String(i),
        round: this.#round,
        examples: trainer.exampleCount,
        params: sent
      })
    )
    this.#reports = this.#nodes.map(({ trainer, merge, neighbours: ends }) =>
      merge.mergeInto({
        params: trainer.params,
        examples: trainer.exampleCount,
        updates: ends.map((end) => updates[end]!)
      })
    )
  }

  async measure(): Promise<SwarmPoint> {
    const accuracies: number[] = []
    for (const { trainer } of this.#nodes) {
      accuracies.push((await trainer.evaluate({ limit: this.#init.testLimit })).accuracy)
    }

    return { round: this.#round, accuracy: mean(accuracies), worst: Math.min(...accuracies) }
  }

  async close(): Promise<void> {
    for (const { trainer } of this.#nodes) await trainer.close()
  }
}

/** Neighbours of each node, by index. */
function graphOf({ nodes, degree, seed }: SwarmInit): number[][] {
  const names = Array.from({ length: nodes }, (_, i) => `node-${i}`)
  const ordered = orderMembers(names, seed)

  return names.map((self) =>
    neighbours({ kind: 'regular', degree }, { ordered, self, round: 0, seed }).map((peer) => names.indexOf(peer))
  )
}

function openTrainer(engine: Engine, vectors: VectorHeap, init: SwarmInit, index: number): Promise<EngineTrainer> {
  const { hidden, optimiser, data, partition, nodes, batchSize, seed, start } = init

  return engine.createTrainer({
    model: { name: 'mlp', hidden },
    optimiser,
    data,
    dataSeed: seed,
    slice: { partition, nodes, index },
    batchSize,
    seed,
    start,
    stream: `node:${index}`,
    params: (dim) => vectors.allocate(dim)
  })
}
