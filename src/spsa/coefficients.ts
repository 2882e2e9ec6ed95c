import { InvalidConfigError } from '../interface/errors.ts'
import { isNegative, MAGNITUDES, magnitudeIndex, magnitudesOf, type ProjectionRange } from './projection.ts'
import { FULL_RATE, rateAt, SCHEDULES, type ScheduleOptions } from './schedule.ts'

/** What a job says of how projections move weights. */
export interface CoefficientOptions extends ScheduleOptions {
  readonly range: ProjectionRange
  /** At its peak: weights move by this times the mean over the nodes of projection times direction. */
  readonly learningRate: number
  /** Projections a step; a node's projection is their mean. */
  readonly queries: number
  /** Nodes that the mean is over. */
  readonly nodes: number
  /** Most authors whose projections may come to count, at least `nodes`: a key costs nothing, and strangers have some. */
  readonly authors: number
}

/** The integers that a job's bytes stand for. */
export interface Coefficients {
  /** What weights move by for each unit; a power of two. */
  readonly scale: number
  /** The most that the magnitudes of all coefficients of the job of all authors can add up to; below 2^31. */
  readonly maxSum: number
  /**
   * What a byte of `step` moves the state by, along its direction: against the sign of the projection.
   * @throws {RejectedError} ERR_PROJECTION_BYTE
   * @throws {RangeError} for a step that the job does not have
   */
  of(byte: number, step: number): number
}

/** More does not fit an int32. */
const MAX_SUM = 2 ** 31
const MIN_SCALE = 2 ** -60
const MAX_SCALE = 2 ** 60
/** A table entry is a coefficient at full rate with 6 bits behind the point: below 2^36, so its product with a rate is below 2^53. */
const TABLE_UNIT = 64
const DIVISOR = TABLE_UNIT * FULL_RATE
/** A sum over steps decides the scale: this many take about a second. */
const MAX_STEPS = 10_000_000

/**
 * Fixes the integers of a job. c = floor(T[k] * L(step) / 2^22 + 1/2), exact in doubles, with the table T of the
 * magnitudes and the rate L of the schedule. The scale is the smallest power of two, from 2^-60 on, with which the
 * largest projections of all authors in all steps add up to less than 2^31: no order of additions can overflow, whoever
 * writes them.
 *
 * Only + - * / and square roots in a fixed order: the same integers on every machine.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID when a number makes no sense, or when the scale is too coarse for a
 * projection in the middle of the range at half the learning rate
 *
 * Cost: one sum over `horizon` steps for each scale tried, two or three.
 */
export function coefficients(options: CoefficientOptions): Coefficients {
  check(options)
  const magnitudes = magnitudesOf(options.range)
  let scale = firstScale(options, magnitudes[MAGNITUDES]!)
  let table = tableOf(options, magnitudes, scale)
  while (largestSum(options, table) >= MAX_SUM) {
    scale *= 2
    table = tableOf(options, magnitudes, scale)
  }
  checkResolution(options, table)

  return {
    scale,
    maxSum: largestSum(options, table),
    of: (byte, step) => {
      if (!(Number.isInteger(step) && step >= 0 && step < options.horizon)) throw new RangeError(`step ${step}`)
      const magnitude = rounded(table[magnitudeIndex(byte)]!, rateAt(options, step))

      return isNegative(byte) || magnitude === 0 ? magnitude : -magnitude
    }
  }
}

/** Product over 2^22, half up. */
function rounded(entry: number, rate: number): number {
  return Math.floor((entry * rate + DIVISOR / 2) / DIVISOR)
}

function tableOf({ learningRate, nodes, queries }: CoefficientOptions, magnitudes: Float64Array, scale: number) {
  const unit = nodes * queries * scale
  const table = magnitudes.map((magnitude) => Math.floor(((learningRate * magnitude) / unit) * TABLE_UNIT + 0.5))
  table[0] = 0

  return table
}

function largestSum(options: CoefficientOptions, table: Float64Array): number {
  let sum = 0
  for (let step = 0; step < options.horizon; step++) sum += rounded(table[MAGNITUDES]!, rateAt(options, step))

  return sum * options.authors * options.queries
}

/** Smallest with which the exact sum, not rounded to integers, is in bounds. */
function firstScale(options: CoefficientOptions, largest: number): number {
  let rates = 0
  for (let step = 0; step < options.horizon; step++) rates += rateAt(options, step)
  const moved = options.learningRate * largest * (rates / FULL_RATE) * (options.authors / options.nodes)
  let scale = MIN_SCALE
  while (moved / scale >= MAX_SUM && scale < MAX_SCALE) scale *= 2
  if (moved / scale >= MAX_SUM) {
    throw new InvalidConfigError(`learning rate ${options.learningRate} with projections up to ${largest} is too large`)
  }

  return scale
}

function check({ schedule, learningRate, floor, ...counts }: CoefficientOptions): void {
  if (!SCHEDULES.includes(schedule)) throw new InvalidConfigError(`schedule: one of ${SCHEDULES.join(', ')}`)
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new InvalidConfigError(`learning rate ${learningRate}: a finite number above 0`, { learningRate })
  }
  if (!(floor >= 0 && floor <= 1)) throw new InvalidConfigError(`floor ${floor}: from 0 to 1`, { floor })
  for (const name of ['horizon', 'queries', 'nodes', 'authors'] as const) {
    const count = counts[name]
    if (!(Number.isInteger(count) && count >= 1 && count <= MAX_STEPS)) {
      throw new InvalidConfigError(`${name} ${count}: an integer from 1 to ${MAX_STEPS}`, { [name]: count })
    }
  }
}

/** The byte in the middle of the range at half the peak must be at least one unit. */
function checkResolution({ range, horizon, authors, queries }: CoefficientOptions, table: Float64Array): void {
  const units = table[(MAGNITUDES + 1) / 2]! / TABLE_UNIT / 2
  if (units >= 1) return

  const many = `${authors} authors * ${horizon} steps * ${queries} queries`
  throw new InvalidConfigError(
    `a projection in the middle of ${range.lo} to ${range.hi} would be ${units} units of the integers that hold all of ` +
      `${many}: at least 1 is needed. Narrow the range, or do fewer steps or queries`,
    { units, lo: range.lo, hi: range.hi }
  )
}
