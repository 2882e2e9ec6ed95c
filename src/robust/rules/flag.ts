import { symmetricEigen } from '../../math/symmetric-eigen.ts'
import type { OptionValues } from '../options.ts'
import type { Rows } from '../rows.ts'
import { defineRule } from '../rule.ts'

/** Keeps the reweighting finite for an update that lies in the subspace; the authors'. */
const SOFTENING = 1e-7
/** Directions with less variance than this, relative to the first, are rounding errors. */
const NEGLIGIBLE = 1e-12

const options = {
  r: { kind: 'integer', min: 1, default: 8, help: 'dimensions of the subspace' },
  iterations: { kind: 'integer', min: 1, default: 1, help: 'times that the subspace is found' },
  magnitude: {
    kind: 'choice',
    of: ['unit', 'median'],
    default: 'unit',
    help: 'unit discards lengths, median restores one'
  }
} as const

type Values = OptionValues<typeof options>

/**
 * Flag aggregator: the updates' directions, projected on the r-dimensional subspace that most of them nearly lie in.
 *
 * As published, magnitudes are discarded, and the sum is divided by r, not by the number n of updates: the result is
 * about n / r long, whatever the length of the inputs. `magnitude=median` restores what a mean would give: divided by
 * n, times the median length of the updates. A zero vector has no direction, and no say.
 *
 * Source: Almasi et al., arXiv:2302.05865. The authors weight the first iteration by a random subspace, which for
 * d >> r holds next to nothing of any update; here it starts from the empty subspace, so that the result is not random.
 * Their pairwise term is left out: its factor is 0 by default.
 */
export const flag = defineRule({
  summary: 'directions projected on the subspace that most nearly lie in; discards lengths unless told otherwise',
  options,
  minRows: () => 1,
  usesOrigin: () => true,
  decide: (rows, values) => {
    const { lengths, cosines } = directions(rows)
    const projected = projectedSum(cosines, rows.count, values)
    const factor = values.magnitude === 'unit' ? 1 / values.r : medianOf(lengths) / rows.count

    const weights = new Float64Array(rows.size)
    weights[rows.origin] = 1
    for (const [i, length] of lengths.entries()) {
      if (length === 0) continue
      weights[i] = (factor * projected[i]!) / length
      weights[rows.origin]! -= weights[i]!
    }
    return { weights }
  }
})

/** Lengths of the rows, shape (n), and the inner products of their directions, shape (n, n). */
function directions(rows: Rows): { lengths: Float64Array; cosines: Float64Array } {
  const { count: n, size, origin } = rows
  const gram = rows.gram()
  const product = (i: number, j: number): number =>
    gram[i * size + j]! - gram[i * size + origin]! - gram[j * size + origin]! + gram[origin * size + origin]!
  const lengths = Float64Array.from({ length: n }, (_, i) => Math.sqrt(Math.max(0, product(i, i))))
  const cosines = Float64Array.from({ length: n * n }, (_, at) => {
    const i = Math.floor(at / n)
    const j = at % n
    const lengthOfBoth = lengths[i]! * lengths[j]!
    return lengthOfBoth === 0 ? 0 : product(i, j) / lengthOfBoth
  })

  return { lengths, cosines }
}

/** Coefficients on the directions of Y Y' (sum of the directions), for the subspace Y. */
function projectedSum(cosines: Float64Array, n: number, { r, iterations }: Values): Float64Array {
  let basis: Float64Array[] = [] // each vector of Y by its coefficients on the directions
  for (let iteration = 0; iteration < iterations; iteration++) basis = subspace(cosines, n, basis, r)

  const sum = new Float64Array(n)
  for (const vector of basis) {
    const along = productsWith(cosines, n, vector).reduce((total, product) => total + product, 0)
    for (let i = 0; i < n; i++) sum[i]! += along * vector[i]!
  }

  return sum
}

/** The top r directions of the reweighted updates, given the subspace so far. */
function subspace(cosines: Float64Array, n: number, basis: readonly Float64Array[], r: number): Float64Array[] {
  const captured = new Float64Array(n) // squared length of each direction's projection
  for (const vector of basis) for (const [i, p] of productsWith(cosines, n, vector).entries()) captured[i]! += p * p
  const weights = captured.map((square) => (Math.abs(1 - square) + SOFTENING) ** -0.25)

  const weighted = cosines.map((cosine, at) => weights[Math.floor(at / n)]! * weights[at % n]! * cosine)
  const { values, vectors } = symmetricEigen(weighted, n)
  const rank = values.filter((value) => value > NEGLIGIBLE * values[0]!).length

  return Array.from({ length: Math.min(r, rank) }, (_, k) =>
    weights.map((weight, i) => (weight * vectors[k * n + i]!) / Math.sqrt(values[k]!))
  )
}

/** Inner products of each direction with a combination of them. */
function productsWith(cosines: Float64Array, n: number, combination: Float64Array): Float64Array {
  return combination.map((_, i) => combination.reduce((sum, c, j) => sum + c * cosines[i * n + j]!, 0))
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort()

  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
