import type { Rng } from '../interface/rng.ts'
import { AssignmentSolver } from './assignment.ts'
import { type Axis, CrossGains } from './cross-gains.ts'
import type { DenseLayer } from './dense-layers.ts'

/** For each layer, for each of its outputs in place i, which of the peer's comes there: shape (fanOut). */
export type Permutations = readonly Int32Array[]

const MAX_PASSES = 100
/** What counts as better, relative to what is there: above what rounding does to a sum. */
const TOLERANCE = 1e-12

/** A hidden layer's units, and what each placing of the peer's unit j in place i is worth. */
interface HiddenLayer {
  readonly units: number
  readonly biasOffset: number | undefined
  /** From the weights into the units; from those out of them. */
  readonly into: CrossGains
  readonly outOf: CrossGains
  readonly costs: Float64Array
  readonly solver: AssignmentSolver
}

/**
 * Finds the order of a peer's hidden units in which its weights are most like ours: coordinate ascent over layers, each
 * step a linear assignment that is solved exactly. A peer that is a copy of ours with its units shuffled, no two units
 * of a layer with the same weights in, is found exactly. Other results are local optima. Keeps its work space.
 *
 * Source: Ainsworth, Hayase and Srinivasa, "Git Re-Basin", ICLR 2023, arXiv:2209.04836, section 3.2. Deviation: besides
 * the order as it is, it tries as a start the one that comes from matching layer after layer by the weights from the
 * layers before, and goes on from the better of the two.
 *
 * Cost: a pass is one product of (units, units) matrices for each changed neighbour and one assignment a layer.
 */
export class WeightMatching {
  readonly #layers: readonly DenseLayer[]
  readonly #hidden: readonly HiddenLayer[]
  readonly #unpermutedInputs: Int32Array

  constructor(layers: readonly DenseLayer[]) {
    this.#layers = layers
    this.#hidden = layers.slice(0, -1).map((layer, l) => hiddenLayer(layer, layers[l + 1]!))
    this.#unpermutedInputs = identity(layers[0]?.fanIn ?? 0)
  }

  /**
   * @param rng - decides the order in which layers are visited; first to last when absent
   * @returns new permutations; the last layer's is the identity
   */
  match(own: Float32Array, peer: Float32Array, rng?: Rng): Permutations {
    for (const { into, outOf, solver } of this.#hidden) {
      into.reset()
      outOf.reset()
      solver.reset()
    }
    const asItIs = this.#layers.map(({ fanOut }) => identity(fanOut))
    const forward = this.#matchForward(own, peer)
    const isBetter = this.#likeness(own, peer, forward) > this.#likeness(own, peer, asItIs)
    const permutations = isBetter ? forward : asItIs
    this.#ascend(own, peer, permutations, rng)

    return permutations
  }

  #matchForward(own: Float32Array, peer: Float32Array): Int32Array[] {
    const permutations = this.#layers.map(({ fanOut }) => identity(fanOut))
    for (const [l, { into, biasOffset, costs, units, solver }] of this.#hidden.entries()) {
      into.update(own, peer, permutations[l - 1] ?? this.#unpermutedInputs)
      for (let at = 0; at < costs.length; at++) costs[at] = -into.gains[at]!
      subtractBiasGains(costs, own, peer, biasOffset, units)
      permutations[l] = solver.solve(costs)
    }

    return permutations
  }

  #ascend(own: Float32Array, peer: Float32Array, permutations: Int32Array[], rng: Rng | undefined): void {
    const order = this.#hidden.map((_, l) => l)
    const isStale = order.map(() => true)
    for (let pass = 0; pass < MAX_PASSES && isStale.includes(true); pass++) {
      rng?.shuffle(order)
      for (const l of order) {
        if (!isStale[l]) continue
        isStale[l] = false
        if (!this.#improve(own, peer, permutations, l)) continue
        if (l > 0) isStale[l - 1] = true
        if (l + 1 < order.length) isStale[l + 1] = true
      }
    }
  }

  /** Places the units of hidden layer `l` as well as its neighbours' places allow; whether that is any better. */
  #improve(own: Float32Array, peer: Float32Array, permutations: Int32Array[], l: number): boolean {
    const { into, outOf, biasOffset, costs, units, solver } = this.#hidden[l]!
    into.update(own, peer, permutations[l - 1] ?? this.#unpermutedInputs)
    outOf.update(own, peer, permutations[l + 1]!)
    for (let at = 0; at < costs.length; at++) costs[at] = -into.gains[at]! - outOf.gains[at]!
    subtractBiasGains(costs, own, peer, biasOffset, units)

    const found = solver.solve(costs)
    let gain = 0
    let size = 0
    for (let i = 0; i < units; i++) {
      const last = costs[i * units + permutations[l]![i]!]!
      gain += last - costs[i * units + found[i]!]!
      size += Math.abs(last)
    }
    if (!(gain > TOLERANCE * size)) return false
    permutations[l] = found

    return true
  }

  /** Inner product of our weights with the peer's, permuted. */
  #likeness(own: Float32Array, peer: Float32Array, permutations: Permutations): number {
    let sum = 0
    for (const [l, layer] of this.#layers.entries()) {
      const inputs = permutations[l - 1] ?? this.#unpermutedInputs
      const outputs = permutations[l]!
      for (let k = 0; k < layer.fanIn; k++) {
        const at = layer.offset + k * layer.inStride
        const from = layer.offset + inputs[k]! * layer.inStride
        for (let j = 0; j < layer.fanOut; j++) {
          sum += own[at + j * layer.outStride]! * peer[from + outputs[j]! * layer.outStride]!
        }
      }
      for (let j = 0; layer.biasOffset !== undefined && j < layer.fanOut; j++) {
        sum += own[layer.biasOffset + j]! * peer[layer.biasOffset + outputs[j]!]!
      }
    }

    return sum
  }
}

/** Writes `peer` to `out` with its hidden units in the places that `permutations` gives them: the same function. */
export function permuteInto(
  out: Float32Array,
  peer: Float32Array,
  layers: readonly DenseLayer[],
  permutations: Permutations
): void {
  for (const [l, { fanIn, fanOut, offset, inStride, outStride, biasOffset }] of layers.entries()) {
    const inputs = permutations[l - 1]
    const outputs = permutations[l]!
    for (let k = 0; k < fanIn; k++) {
      const at = offset + k * inStride
      const from = offset + (inputs === undefined ? k : inputs[k]!) * inStride
      for (let j = 0; j < fanOut; j++) out[at + j * outStride] = peer[from + outputs[j]! * outStride]!
    }
    for (let j = 0; biasOffset !== undefined && j < fanOut; j++) out[biasOffset + j] = peer[biasOffset + outputs[j]!]!
  }
}

function hiddenLayer(layer: DenseLayer, next: DenseLayer): HiddenLayer {
  const units = layer.fanOut
  const into: Axis = {
    units,
    dim: layer.fanIn,
    offset: layer.offset,
    unitStride: layer.outStride,
    stride: layer.inStride
  }
  const outOf: Axis = {
    units,
    dim: next.fanOut,
    offset: next.offset,
    unitStride: next.inStride,
    stride: next.outStride
  }

  return {
    units,
    biasOffset: layer.biasOffset,
    into: new CrossGains(into),
    outOf: new CrossGains(outOf),
    costs: new Float64Array(units * units),
    solver: new AssignmentSolver(units)
  }
}

function subtractBiasGains(
  costs: Float64Array,
  own: Float32Array,
  peer: Float32Array,
  biasOffset: number | undefined,
  units: number
): void {
  if (biasOffset === undefined) return
  for (let i = 0; i < units; i++) {
    const bias = own[biasOffset + i]!
    for (let j = 0; j < units; j++) costs[i * units + j] = costs[i * units + j]! - bias * peer[biasOffset + j]!
  }
}

const identity = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i)
