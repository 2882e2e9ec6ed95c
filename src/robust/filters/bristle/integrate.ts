import type { Columns } from './columns.ts'
import type { ModelWeights } from './weights.ts'

/** A tested model. */
export interface Rated {
  readonly params: Float32Array
  readonly weights: ModelWeights
  /** Which columns it has knowledge in, shape (classes). */
  readonly touched: readonly boolean[]
}

/**
 * params[:, c] = (params[:, c] + sum of w * model[:, c]) / (1 + sum of w), each class with weights of its own, over the
 * models that have knowledge of it; then every column loses its mean.
 *
 * Source: Bristle's integrator. Deviations: columns without knowledge are left out (there they pull others to zero), the
 * own one too, as soon as anybody has some.
 *
 * @param params - the own ones, shape (dim)
 * @param isFamiliar - whether this node has examples of a class, shape (classes)
 * @param ownTouched - which of the own columns carry knowledge, shape (classes)
 */
export function integrateInto(
  params: Float32Array,
  columns: Columns,
  rated: readonly Rated[],
  { isFamiliar, ownTouched }: { isFamiliar: readonly boolean[]; ownTouched: readonly boolean[] }
): void {
  const inputs = [params, ...rated.map((model) => model.params)]
  for (let c = 0; c < columns.classes; c++) {
    const given = rated.map(({ weights, touched }) => {
      if (!touched[c]) return 0
      return isFamiliar[c] ? weights.familiar[c]! : weights.foreign
    })
    const sum = given.reduce((total, weight) => total + weight, 0)
    if (sum === 0) continue
    const own = ownTouched[c] ? 1 : 0
    columns.weightedSumInto(
      params,
      inputs,
      [own, ...given].map((weight) => weight / (own + sum)),
      c
    )
  }
  columns.centre(params)
}
