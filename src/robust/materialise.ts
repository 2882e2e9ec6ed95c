import type { ColumnRule, VectorMath } from '../interface/vectors.ts'
import type { Geometry } from './geometry.ts'

/**
 * Coordinates worked on at a time where mixed rows are needed for their columns only: 16 KiB a row, so that the rows of
 * a round stay in the processor's cache and no copy of all the models is ever made.
 */
const BLOCK = 4096

/** out = sum of coefficients times points, shape (points); what has no weight is not read. `out` may be an update. */
export function combineInto(vectors: VectorMath, out: Float32Array, geometry: Geometry, coefficients: Float64Array) {
  const { inputs, weights } = weighted(geometry, coefficients)
  if (inputs.length === 0) out.fill(0)
  else if (inputs.length === 1 && weights[0] === 1) out.set(inputs[0]!)
  else vectors.weightedSumInto(out, inputs, weights)
}

/**
 * Writes rows out. No out may be an update.
 *
 * @param coefficients - shape (outs.length, points)
 */
export function combineAllInto(
  vectors: VectorMath,
  outs: readonly Float32Array[],
  geometry: Geometry,
  coefficients: Float64Array
): void {
  const { points } = geometry
  const terms = coefficients.reduce((count, coefficient) => count + (coefficient === 0 ? 0 : 1), 0)
  if (terms <= 2 * outs.length) {
    // each from one update and the origin, as clipping makes them
    for (const [row, out] of outs.entries()) {
      combineInto(vectors, out, geometry, coefficients.subarray(row * points, (row + 1) * points))
    }
    return
  }

  const used = usedPoints(geometry, coefficients)
  vectors.weightedSumsInto(outs, vectorsOf(geometry, used), pickColumns(coefficients, points, used))
}

/** out = `rule` over the columns of combined rows, shape (count, points). `out` may be an update. */
export function columnsOfCombinedInto(
  vectors: VectorMath,
  out: Float32Array,
  geometry: Geometry,
  coefficients: Float64Array,
  rule: ColumnRule
): void {
  const { points } = geometry
  const used = usedPoints(geometry, coefficients)
  const inputs = vectorsOf(geometry, used)
  const matrix = pickColumns(coefficients, points, used)
  const count = coefficients.length / points
  const blocks = Array.from({ length: count }, () => vectors.allocate(Math.min(BLOCK, out.length)))

  try {
    for (let from = 0; from < out.length; from += BLOCK) {
      const to = Math.min(from + BLOCK, out.length)
      const rows = blocks.map((block) => block.subarray(0, to - from))
      const parts = inputs.map((input) => input.subarray(from, to))
      vectors.weightedSumsInto(rows, parts, matrix)
      vectors.columnsInto(out.subarray(from, to), rows, rule)
    }
  } finally {
    for (const block of blocks) vectors.free(block)
  }
}

function weighted(geometry: Geometry, coefficients: Float64Array) {
  const used = usedPoints(geometry, coefficients)

  return { inputs: vectorsOf(geometry, used), weights: Float64Array.from(used, (point) => coefficients[point]!) }
}

/** Points, the origin apart, that have a coefficient in any row. */
function usedPoints(geometry: Geometry, coefficients: Float64Array): number[] {
  const { points } = geometry
  const used: number[] = []
  for (let point = 0; point < points; point++) {
    if (geometry.vector(point) === undefined) continue
    for (let at = point; at < coefficients.length; at += points) {
      if (coefficients[at] === 0) continue
      used.push(point)
      break
    }
  }

  return used
}

const vectorsOf = (geometry: Geometry, points: readonly number[]): Float32Array[] =>
  points.map((point) => geometry.vector(point)!)

function pickColumns(coefficients: Float64Array, points: number, picked: readonly number[]): Float64Array {
  const rows = coefficients.length / points
  const matrix = new Float64Array(rows * picked.length)
  for (let row = 0; row < rows; row++) {
    for (const [column, point] of picked.entries())
      matrix[row * picked.length + column] = coefficients[row * points + point]!
  }

  return matrix
}
