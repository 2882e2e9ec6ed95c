import type { TensorKind } from '../../../interface/params.ts'
import type { Graph, Value } from '../graph.ts'

/** One tensor of the params, as the optimiser meets it. */
export interface OptimiserTensor {
  readonly kind: TensorKind
  readonly param: Value
  readonly gradient: Value
  /** This tensor's slice of each of the optimiser's state vectors. */
  readonly state: readonly Value[]
}

export interface OptimiserResult {
  readonly param: Value
  /** In the order of `state`. */
  readonly state: readonly Value[]
}

/** What a step needs besides tensors: scalars of shape (). */
export interface OptimiserScalars {
  readonly learningRate: Value
  /** 1 for the first step; present where `usesStepNumber`. */
  readonly stepNumber?: Value
}

/** Emits the update of one tensor. Its state starts at zero. */
export interface Optimiser {
  readonly name: string
  /** How many numbers it keeps for each parameter. */
  readonly stateVectors: number
  readonly usesStepNumber: boolean
  update(g: Graph, tensor: OptimiserTensor, scalars: OptimiserScalars): OptimiserResult
}

/** Weight decay shrinks what multiplies activations; shrinking biases and gains only hurts the fit. */
export function decays(kind: TensorKind): boolean {
  return kind === 'kernel' || kind === 'head' || kind === 'embedding'
}
