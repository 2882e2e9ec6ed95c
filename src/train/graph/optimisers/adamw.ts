import type { Graph, Value } from '../graph.ts'
import { add, div, mul, sqrt, sub, tanh } from '../ops/elementwise.ts'
import { GraphError } from '../shape.ts'
import type { Optimiser } from './optimiser.ts'
import { decays } from './optimiser.ts'

export interface AdamWOptions {
  /** Decay of the running mean of gradients. */
  beta1: number
  /** Decay of the running mean of squared gradients. */
  beta2: number
  /** Added to the root of the mean square: bounds the step where gradients are tiny. */
  epsilon: number
  /** Decoupled decay per unit of learning rate, on kernels, heads and embeddings. */
  weightDecay: number
}

/**
 * Adam with decoupled weight decay and bias correction.
 *
 * Source: Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101, algorithm 2, in
 * PyTorch's form (decay scaled by the learning rate). It deviates in leaving
 * biases and norms undecayed.
 */
export function adamw({ beta1, beta2, epsilon, weightDecay }: AdamWOptions): Optimiser {
  return {
    name: 'adamw',
    stateVectors: 2,
    usesStepNumber: true,
    update(g, { kind, param, gradient, state }, { learningRate, stepNumber }) {
      if (stepNumber === undefined) throw new GraphError('adamw needs the step number')
      const [mean, square] = state as [Value, Value]
      const nextMean = add(g, mul(g, mean, beta1), mul(g, gradient, 1 - beta1))
      const nextSquare = add(g, mul(g, square, beta2), mul(g, mul(g, gradient, gradient), 1 - beta2))

      // the bias corrections are scalars: apply them to the step size and to the root instead of to whole tensors
      const stepSize = div(g, learningRate, oneMinusPower(g, beta1, stepNumber))
      const rootScale = sqrt(g, oneMinusPower(g, beta2, stepNumber))
      const root = add(g, div(g, sqrt(g, nextSquare), rootScale), epsilon)
      const kept =
        weightDecay !== 0 && decays(kind) ? mul(g, param, sub(g, 1, mul(g, learningRate, weightDecay))) : param

      return {
        param: sub(g, kept, mul(g, div(g, nextMean, root), stepSize)),
        state: [nextMean, nextSquare]
      }
    }
  }
}

/**
 * 1 - beta^n, to full float32 precision: -expm1(2u) = -2 tanh(u) / (1 - tanh(u))
 * with u = n ln(beta) / 2. Subtracting a rounded power from 1 would lose four
 * digits for beta = 0.999 in the first steps.
 */
function oneMinusPower(g: Graph, beta: number, n: Value): Value {
  const t = tanh(g, mul(g, n, Math.log(beta) / 2))

  return div(g, mul(g, t, -2), sub(g, 1, t))
}
