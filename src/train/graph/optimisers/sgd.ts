import { add, mul, sub } from '../ops/elementwise.ts'
import type { Optimiser } from './optimiser.ts'
import { decays } from './optimiser.ts'

export interface SgdOptions {
  /** Fraction of the last step's direction that is kept; 0 keeps no state. */
  momentum: number
  /** Coefficient of the L2 penalty's gradient, on kernels, heads and embeddings. */
  weightDecay: number
}

/**
 * Stochastic gradient descent with heavy-ball momentum:
 * v <- momentum v + (gradient + weightDecay w), w <- w - learningRate v.
 *
 * Source: Sutskever et al., ICML 2013; in PyTorch's form, where the learning
 * rate is outside of the momentum. It deviates in leaving biases and norms
 * undecayed.
 */
export function sgd({ momentum, weightDecay }: SgdOptions): Optimiser {
  return {
    name: 'sgd',
    stateVectors: momentum === 0 ? 0 : 1,
    usesStepNumber: false,
    update(g, { kind, param, gradient, state: [velocity] }, { learningRate }) {
      const decayed = weightDecay !== 0 && decays(kind) ? add(g, gradient, mul(g, param, weightDecay)) : gradient
      const direction = velocity === undefined ? decayed : add(g, mul(g, velocity, momentum), decayed)

      return {
        param: sub(g, param, mul(g, direction, learningRate)),
        state: velocity === undefined ? [] : [direction]
      }
    }
  }
}
