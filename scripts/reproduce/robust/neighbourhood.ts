import type { Rng } from '../../../src/interface/rng.ts'
import type { VectorMath } from '../../../src/interface/vectors.ts'
import { type Attack, createAttack, parseAttack } from '../../../src/robust/attacks/registry.ts'
import type { Aggregator } from '../../../src/robust/registry.ts'
import { type MixingGraph, metropolisWeights } from './graph.ts'

export interface NeighbourhoodInit {
  graph: MixingGraph
  /** An honest node. */
  node: number
  dim: number
  vectors: VectorMath
  aggregator: Aggregator
  /** Of its Byzantine neighbours. @throws {RangeError} from the constructor when it has some and none is given */
  attack: string | undefined
  /** Of theirs. */
  rng: Rng
}

export interface Received {
  /** Shape (dim) each, all finite, the own one first. */
  updates: Float32Array[]
  /** Of the updates, summing to 1. */
  mixingWeights: number[]
}

/**
 * An honest node, those that it hears, and what reaches it from the Byzantine ones: those of one target collude, and
 * send the same, as in the published experiments.
 */
export class Neighbourhood {
  readonly node: number
  /** Of the own model and all neighbours' in the order of {@link receive}. */
  readonly mixingWeights: readonly number[]
  readonly #vectors: VectorMath
  readonly #honest: readonly number[]
  /** Byzantine neighbours. */
  readonly #f: number
  readonly #attack: Attack | undefined
  /** What they send, shape (dim). */
  readonly #sent: Float32Array

  constructor({ graph, node, dim, vectors, aggregator, attack, rng }: NeighbourhoodInit) {
    const neighbours = graph.neighbours[node]!
    this.node = node
    this.mixingWeights = metropolisWeights(graph, node)
    this.#vectors = vectors
    this.#honest = neighbours.filter((other) => other < graph.honest)
    this.#f = neighbours.length - this.#honest.length
    this.#sent = vectors.allocate(this.#f > 0 ? dim : 0)
    if (this.#f > 0 && attack === undefined) throw new RangeError(`node ${node} has Byzantine neighbours: no attack`)
    if (this.#f > 0) this.#attack = createAttack(parseAttack(attack!), { vectors, rng, aggregator })
  }

  /**
   * What the node has in hand in a round: its own model, its honest neighbours', and what the attackers send it. They
   * know the models of their target and of its honest neighbours, as in the published experiment.
   *
   * @param models - of all honest nodes, after training
   */
  receive(models: readonly Float32Array[], round: number): Received {
    const { mixingWeights } = this
    const own = models[this.node]!
    const honest = [own, ...this.#honest.map((other) => models[other]!)]
    const honestWeights = [0, ...mixingWeights.slice(1, honest.length)]
    const byzantineWeight = sum(mixingWeights.slice(honest.length))
    const target = { params: own, honestWeights, byzantineWeight }
    const knowledge = { own, honest, n: mixingWeights.length, f: this.#f, round, target }
    this.#attack?.craftInto(this.#sent, knowledge)

    return this.#decoded([...honest, ...Array<Float32Array>(this.#f).fill(this.#sent)])
  }

  /** Drops what is not finite, as decoders do; its weight falls to the node itself. */
  #decoded(updates: readonly Float32Array[]): Received {
    const kept = [...updates.keys()].filter((i) => this.#vectors.allFinite(updates[i]!))
    const others = kept.slice(1).map((i) => this.mixingWeights[i]!)

    return { updates: kept.map((i) => updates[i]!), mixingWeights: [1 - sum(others), ...others] }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
