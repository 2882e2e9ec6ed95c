import type { OptionValues } from '../options.ts'
import type { Rows } from '../rows.ts'
import { defineRule } from '../rule.ts'
import { argmin, meanOf, smallest } from '../weights.ts'

/** Others whose distances make up a score: `paper` n - f - 2 of them, `byzfl` n - f - 1. It can change who wins. */
const neighbours = { kind: 'choice', of: ['paper', 'byzfl'], default: 'paper', help: 'n-f-2 or n-f-1 of them' } as const
const f = { kind: 'byzantine', help: 'updates that may be Byzantine' } as const

type Values = OptionValues<{ f: typeof f; neighbours: typeof neighbours }>

const scoredNeighbours = (n: number, values: Values): number => n - values.f - (values.neighbours === 'paper' ? 2 : 1)

/** At least one neighbour to score by, and an honest majority. */
const minRows = (values: Values): number =>
  Math.max(2 * values.f + 1, values.f + (values.neighbours === 'paper' ? 3 : 2))

/** What Blanchard et al. ask for, whichever neighbours are counted. */
const guaranteeRows = (values: Values): number => Math.max(minRows(values), 2 * values.f + 3)

/**
 * The one update with the smallest sum of squared distances to its nearest neighbours; of equal ones, the first.
 *
 * Source: Blanchard et al., NeurIPS 2017.
 */
export const krum = defineRule({
  summary: 'the one update that is closest to its nearest neighbours',
  options: { f, neighbours },
  minRows,
  guaranteeRows,
  decide: (rows, values) => ({ weights: meanOf([argmin(scores(rows, values))], rows.size) })
})

/** The mean of the `m` updates with the best scores of {@link krum}; `m` is n - f, as in byzfl, when left out. */
export const multiKrum = defineRule({
  summary: 'mean of the m best updates by the score of krum',
  options: { f, neighbours, m: { kind: 'integer', min: 1, help: 'updates to average, n - f when left out' } },
  minRows: (values) => Math.max(minRows(values), (values.m ?? 0) + values.f),
  guaranteeRows: (values) => Math.max(guaranteeRows(values), (values.m ?? 0) + values.f),
  decide: (rows, values) => {
    const best = smallest(scores(rows, values), values.m ?? rows.count - values.f)

    return { weights: meanOf(best, rows.size) }
  }
})

function scores(rows: Rows, values: Values): number[] {
  const n = rows.count
  const everyone = Array.from({ length: n }, (_, i) => i)

  return krumScores(rows.squaredDistances(), n, everyone, scoredNeighbours(n, values))
}

/**
 * Sum of the squared distances of each member to its `count` nearest other members.
 *
 * @param distances - squared, shape (n, n)
 */
export function krumScores(distances: Float64Array, n: number, members: readonly number[], count: number): number[] {
  return members.map((i) => {
    const others = Float64Array.from(
      members.filter((j) => j !== i),
      (j) => distances[i * n + j]!
    )

    return others
      .sort()
      .subarray(0, count)
      .reduce((sum, square) => sum + square, 0)
  })
}
