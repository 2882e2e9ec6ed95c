import { squaredDistancesToCombination } from '../gram.ts'
import type { OptionValues } from '../options.ts'
import type { Rows } from '../rows.ts'
import { type Decision, defineRule } from '../rule.ts'
import { argmin } from '../weights.ts'

/** Weiszfeld converges linearly; what takes longer than this lies next to an update, and is as good as there. */
const MAX_STEPS = 1000
const DEFAULT_TOLERANCE = 1e-6
/** byzfl's. */
const DEFAULT_NU = 0.1

const options = {
  tolerance: {
    kind: 'number',
    min: 0,
    max: 1,
    isOpen: true,
    help: `slope at which to stop, ${DEFAULT_TOLERANCE} when left out`
  },
  steps: { kind: 'integer', min: 1, help: "byzfl's form instead: so many smoothed steps from the zero vector" },
  nu: {
    kind: 'number',
    min: 0,
    max: Number.MAX_VALUE,
    isOpen: true,
    help: `smoothing of that form, ${DEFAULT_NU} when left out`
  }
} as const

type Values = OptionValues<typeof options>

/**
 * The point with the smallest sum of distances to the updates.
 *
 * By default to convergence: it stops where the slope of the mean distance is at most `tolerance` (distances have slope
 * 1, so the mean distance is then within tolerance times the way still to go of the smallest). With `steps`, byzfl's
 * rule: so many Weiszfeld steps from the zero vector with distances of at least `nu`, three of them with nu 0.1 there.
 *
 * Source: Weiszfeld 1937; Vardi and Zhang, PNAS 2000, for a median that is one of the updates; Pillutla et al.,
 * arXiv:1912.13445. Cost: O(n^2) a step, on the Gram matrix.
 */
export const geometricMedian = defineRule({
  summary: 'the point with the smallest sum of distances',
  options,
  minRows: () => 1,
  usesOrigin: ({ steps }) => steps !== undefined,
  problem,
  decide: (rows, values) =>
    values.steps === undefined ? converge(rows, values.tolerance ?? DEFAULT_TOLERANCE) : smoothed(rows, values)
})

function problem({ tolerance, steps, nu }: Values): string | undefined {
  if (steps === undefined) return nu === undefined ? undefined : 'nu goes with steps: write steps=3'

  return tolerance === undefined ? undefined : 'steps and tolerance exclude each other: leave one out'
}

function smoothed(rows: Rows, { steps = 0, nu = DEFAULT_NU }: Values): Decision {
  let weights = new Float64Array(rows.size)
  weights[rows.origin] = 1
  for (let step = 0; step < steps; step++) weights = weiszfeld(rows, weights, nu).weights

  return { weights }
}

function converge(rows: Rows, tolerance: number): Decision {
  const { update, isMedian } = bestUpdate(rows)
  let weights = new Float64Array(rows.size)
  weights[update] = 1
  if (isMedian) return { weights }

  weights = leave(rows, update)
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = weiszfeld(rows, weights, 0)
    weights = next.weights
    if (next.slope <= tolerance) return { weights }
  }
  return { weights, notice: `geometric median not within ${tolerance} after ${MAX_STEPS} steps` }
}

/** One step from the combination `weights`, and the slope of the mean distance there. */
function weiszfeld(rows: Rows, weights: Float64Array, nu: number) {
  const { count, size } = rows
  const squares = squaredDistancesToCombination(rows.gram(), size, weights)
  const next = new Float64Array(size)
  let total = 0
  for (let i = 0; i < count; i++) {
    next[i] = 1 / Math.max(nu, Math.sqrt(squares[i]!), Number.MIN_VALUE * 2 ** 60)
    total += next[i]!
  }
  for (let i = 0; i < count; i++) next[i]! /= total

  return { weights: next, slope: (lengthOfDifference(rows, next, weights) * total) / count }
}

/** The update with the smallest sum of distances, and whether no other point has a smaller one. */
function bestUpdate(rows: Rows): { update: number; isMedian: boolean } {
  const n = rows.count
  const distances = rows.squaredDistances().map(Math.sqrt)
  const sums = Array.from({ length: n }, (_, i) => distances.subarray(i * n, (i + 1) * n).reduce((sum, d) => sum + d))
  const update = argmin(sums)
  const { pull, copies } = pullAt(rows, update)

  return { update, isMedian: pull <= copies }
}

/** How hard the others pull at an update, and how many are where it is and hold it. */
function pullAt(rows: Rows, update: number) {
  const { count, size } = rows
  const squares = rows.squaredDistances().subarray(update * count, (update + 1) * count)
  const away = new Float64Array(size)
  let total = 0
  for (let i = 0; i < count; i++) if (squares[i]! > 0) total += away[i] = 1 / Math.sqrt(squares[i]!)
  const copies = count - away.reduce((others, weight) => others + (weight > 0 ? 1 : 0), 0)
  const here = new Float64Array(size)
  here[update] = total

  return { pull: lengthOfDifference(rows, away, here), copies, away, total }
}

/** The step of Vardi and Zhang from an update that is not the median. */
function leave(rows: Rows, update: number): Float64Array<ArrayBuffer> {
  const { pull, copies, away, total } = pullAt(rows, update)
  const share = 1 - copies / pull
  const weights = away.map((weight) => (share * weight) / total)
  weights[update]! += 1 - share

  return weights
}

/** Of two combinations whose coefficients have the same sum. */
function lengthOfDifference(rows: Rows, a: Float64Array, b: Float64Array): number {
  return Math.sqrt(Math.max(0, quadraticForm(rows.gram(), rows.size, a, b)))
}

function quadraticForm(gram: Float64Array, size: number, a: Float64Array, b: Float64Array): number {
  let square = 0
  for (let i = 0; i < size; i++) {
    const left = a[i]! - b[i]!
    if (left === 0) continue
    for (let j = 0; j < size; j++) square += left * (a[j]! - b[j]!) * gram[i * size + j]!
  }

  return square
}
