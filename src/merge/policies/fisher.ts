import { MergeError } from '../errors.ts'
import { definePolicy, type FisherVector } from '../merge.ts'
import { OWN_WEIGHT, ownWeightNeedsOwn } from '../own-weight.ts'

const DEFAULT_FLOOR = 1e-6
/** Enough for the large entries, which decide; each costs a backward pass for every class. */
const DEFAULT_EXAMPLES = 64
/** Coordinates whose sums are kept in the first-level cache. */
const BLOCK = 1024

/**
 * Per coordinate, the mean weighted by how much the coordinate matters to each model:
 * sum of w F theta / sum of w F, with w the mixing weight over the norm of the model's whole F.
 *
 * A coordinate that matters to nobody keeps the own value (`favour=own`) or becomes the mean (`favour=none`). Not
 * robust: F is the peer's word, and a peer that boasts in a few coordinates decides them.
 *
 * Source: Matena and Raffel, NeurIPS 2022, arXiv:2111.09832, and the authors' code: the floor is applied to F itself,
 * the norm is of F without it. Deviations: heads are merged like the rest, since all nodes have one task; a norm of
 * zero counts as 1.
 */
export const fisher = definePolicy({
  summary: 'mean weighted by diagonal Fisher information, per coordinate (Matena and Raffel 2022)',
  options: {
    own: OWN_WEIGHT,
    floor: {
      kind: 'number',
      min: 0,
      max: 1,
      isOpen: true,
      default: DEFAULT_FLOOR,
      help: 'least Fisher information of a coordinate'
    },
    favour: { kind: 'choice', of: ['own', 'none'], default: 'own', help: 'who has the floor: the own model, or all' },
    norm: {
      kind: 'choice',
      of: ['unit', 'raw'],
      default: 'unit',
      help: "whether each model's vector is scaled to norm 1"
    },
    examples: { kind: 'integer', min: 1, default: DEFAULT_EXAMPLES, help: 'training examples to estimate it on' },
    labels: {
      kind: 'choice',
      of: ['exact', 'sampled'],
      default: 'exact',
      help: "expectation over the model's own predictions, or one label drawn from them"
    }
  },
  fisher: ({ examples, labels }) => ({ examples, labels }),
  needsOwn: ({ favour, ...rest }) =>
    favour === 'none' ? ownWeightNeedsOwn(rest) : 'has favour=own, which keeps own values: write favour=none',
  create({ floor, favour, norm }) {
    const sums = { above: new Float64Array(BLOCK), below: new Float64Array(BLOCK) }

    return ({ out, models, weights, fishers }) => {
      const norms = fishers.map(checkedNorm)
      const terms = models.map((params, j) => ({
        params,
        fisher: fishers[j]!,
        weight: norm === 'unit' ? weights[j]! / (norms[j]! || 1) : weights[j]!,
        floor: favour === 'none' || j === 0 ? floor : 0
      }))
      for (let at = 0; at < out.length; at += BLOCK) mergeBlock(out, terms, sums, at)

      return {}
    }
  }
})

interface Term {
  params: Float32Array
  fisher: FisherVector
  weight: number
  floor: number
}

function mergeBlock(out: Float32Array, terms: readonly Term[], { above, below }: Sums, start: number): void {
  const count = Math.min(BLOCK, out.length - start)
  above.fill(0)
  below.fill(0)
  for (const { params, fisher, weight, floor } of terms) {
    for (let i = 0; i < count; i++) {
      const share = weight * Math.max(fisher[start + i]!, floor)
      below[i] = below[i]! + share
      above[i] = above[i]! + share * params[start + i]!
    }
  }
  // nothing below: the own model has no weight, and the coordinate matters to nobody else
  for (let i = 0; i < count; i++) if (below[i]! > 0) out[start + i] = above[i]! / below[i]!
}

interface Sums {
  above: Float64Array
  below: Float64Array
}

/** Euclidean norm of vector number `j`. */
function checkedNorm(fisher: FisherVector, j: number): number {
  let squares = 0
  let isNegative = false
  for (let i = 0; i < fisher.length; i++) {
    const information = fisher[i]!
    squares += information * information
    isNegative ||= information < 0
  }
  // a NaN or an infinity is in the sum
  if (isNegative || !Number.isFinite(squares)) {
    throw new MergeError('ERR_FISHER_VALUE', 'Fisher information is negative or not finite', { model: j })
  }

  return Math.sqrt(squares)
}
