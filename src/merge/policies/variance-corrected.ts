import type { TensorKind, TensorSpec } from '../../interface/params.ts'
import { elementCount } from '../../interface/params.ts'
import { definePolicy } from '../merge.ts'
import { OWN_WEIGHT, ownWeightNeedsOwn } from '../own-weight.ts'
import { type Target, VarianceCorrection } from '../variance-correction.ts'

/** A head is the output layer's kernel: left at 1/n of its variance, it is a plateau of its own. */
const isKernel = (kind: TensorKind): boolean => kind === 'kernel' || kind === 'head'
const CORRECTED: Readonly<Record<string, (kind: TensorKind) => boolean>> = {
  kernels: isKernel,
  weights: (kind) => isKernel(kind) || kind === 'embedding',
  all: () => true
}

/** Adds nothing to a variance that training could see, and keeps a quotient of two tiny ones from being noise. */
const DEFAULT_EPSILON = 1e-12

/**
 * The weighted mean, each tensor stretched around its own mean until it varies as much as the models that went in.
 *
 * Models that began differently cancel when averaged: n of them keep 1/n of their variance, signals shrink from layer
 * to layer, and training stands still until the models are alike.
 *
 * Source: Tian et al., arXiv:2404.04616. Deviations: the stretch is bounded, see {@link VarianceCorrection}; epsilon is
 * 1e-12 (the authors' 1e-4 is as large as the variance of a wide layer); biases, which start at zero, are left alone.
 */
export const varianceCorrected = definePolicy({
  summary: 'mean, then each tensor stretched back to the variance of the models (Tian et al. 2024)',
  options: {
    own: OWN_WEIGHT,
    tensors: {
      kind: 'choice',
      of: ['kernels', 'weights', 'all'],
      default: 'kernels',
      help: "what is stretched; kernels: the output layer's too; weights: kernels and embeddings"
    },
    target: {
      kind: 'choice',
      of: ['others', 'self', 'conservative'],
      default: 'others',
      help: 'whose variance: the mean over the peers, the own one, or both by own weight'
    },
    epsilon: { kind: 'number', min: 0, max: 1, default: DEFAULT_EPSILON, help: 'added to both variances' }
  },
  needsOwn: ({ target, ...rest }) =>
    target === 'others'
      ? ownWeightNeedsOwn(rest)
      : `has target=${target}, the variance of the own model: write target=others`,
  create({ tensors, target, epsilon }, { vectors, layout }) {
    const isCorrected = CORRECTED[tensors]!
    const correction = new VarianceCorrection({ target: target as Target, epsilon })

    return ({ out, models, weights, hasOwn }) => {
      const factors: { tensor: string; factor: number }[] = []
      for (const tensor of layout.tensors) {
        const { offset: start, end } = rangeOf(tensor)
        if (isCorrected(tensor.kind)) {
          factors.push({
            tensor: tensor.name,
            factor: correction.mergeRange({ out, models, weights, hasOwn }, start, end)
          })
        } else {
          const parts = models.map((model) => model.subarray(start, end))
          vectors.weightedSumInto(out.subarray(start, end), parts, weights)
        }
      }

      return { factors }
    }
  }
})

const rangeOf = ({ offset, shape }: TensorSpec) => ({ offset, end: offset + elementCount(shape) })
