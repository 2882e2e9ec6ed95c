/**
 * The rules by their definitions: float64, on whole vectors, nothing clever. Nothing here knows of Gram matrices or
 * coefficients, which is what the rules of `src` are made of.
 */
export type Vector = readonly number[]

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
export const sum = (values: Vector): number => values.reduce((total, value) => total + value, 0)
export const minus = (a: Vector, b: Vector): number[] => a.map((value, k) => value - b[k]!)
export const plus = (a: Vector, b: Vector): number[] => a.map((value, k) => value + b[k]!)
export const times = (a: Vector, factor: number): number[] => a.map((value) => value * factor)
export const inner = (a: Vector, b: Vector): number => sum(a.map((value, k) => value * b[k]!))
export const norm = (a: Vector): number => Math.sqrt(inner(a, a))
export const distance = (a: Vector, b: Vector): number => norm(minus(a, b))
const byColumn = (x: readonly Vector[], f: (column: number[]) => number): number[] =>
  x[0]!.map((_, k) => f(x.map((row) => row[k]!)))
const ascending = (values: Vector): number[] => [...values].sort((a, b) => a - b)
const clip = (a: Vector, bound: number): number[] => times(a, norm(a) > bound ? bound / norm(a) : 1)

export const mean = (x: readonly Vector[]): number[] => byColumn(x, (column) => sum(column) / column.length)
const middle = (values: Vector): number => {
  const sorted = ascending(values)
  const half = sorted.length / 2

  return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!
}
export const median = (x: readonly Vector[]): number[] => byColumn(x, middle)
export const trimmedMean = (x: readonly Vector[], f: number): number[] =>
  byColumn(x, (column) => sum(ascending(column).slice(f, column.length - f)) / (column.length - 2 * f))

export const nearestToMedian = (x: readonly Vector[], keep: number): number[] =>
  byColumn(x, (column) => {
    const m = middle(column)
    return sum([...column].sort((a, b) => Math.abs(a - m) - Math.abs(b - m) || a - b).slice(0, keep)) / keep
  })
export const meamed = (x: readonly Vector[], f: number): number[] => nearestToMedian(x, x.length - f)

export const nearestTo = (x: readonly Vector[], to: Vector, count: number): number[] =>
  range(x.length)
    .sort((i, j) => distance(x[i]!, to) - distance(x[j]!, to) || i - j)
    .slice(0, count)

const krumScore = (x: readonly Vector[], i: number, neighbours: number): number => {
  const squares = x.filter((_, j) => j !== i).map((other) => distance(other, x[i]!) ** 2)

  return sum(ascending(squares).slice(0, neighbours))
}
const ranked = (x: readonly Vector[], neighbours: number): number[] => {
  const scores = x.map((_, i) => krumScore(x, i, neighbours))

  return range(x.length).sort((i, j) => scores[i]! - scores[j]! || i - j)
}
export const multiKrum = (x: readonly Vector[], neighbours: number, m: number): number[] =>
  mean(
    ranked(x, neighbours)
      .slice(0, m)
      .map((i) => x[i]!)
  )
export const krum = (x: readonly Vector[], neighbours: number): number[] => multiKrum(x, neighbours, 1)

export const bulyan = (x: readonly Vector[], f: number): number[] => {
  let left = [...x]
  const selected: Vector[] = []
  while (selected.length < x.length - 2 * f) {
    const [winner] = ranked(left, Math.max(1, left.length - f - 2))
    selected.push(left[winner!]!)
    left = left.filter((_, i) => i !== winner)
  }

  return nearestToMedian(selected, x.length - 4 * f)
}

/** All subsets of `size` of 0 .. n - 1, in lexicographic order. */
export const subsets = (n: number, size: number, from = 0): number[][] => {
  if (size === 0) return [[]]

  return range(n - from).flatMap((k) => subsets(n, size - 1, from + k + 1).map((rest) => [from + k, ...rest]))
}
const meanOfCheapest = (x: readonly Vector[], f: number, cost: (subset: Vector[]) => number): number[] => {
  let best = { cost: Infinity, members: [] as Vector[] }
  for (const subset of subsets(x.length, x.length - f)) {
    const members = subset.map((i) => x[i]!)
    if (cost(members) < best.cost) best = { cost: cost(members), members }
  }

  return mean(best.members)
}
export const diameter = (x: readonly Vector[]): number => Math.max(0, ...x.flatMap((a) => x.map((b) => distance(a, b))))
export const mda = (x: readonly Vector[], f: number): number[] => meanOfCheapest(x, f, diameter)

/** Top eigenpair of the weighted covariance, by the power method on the vectors themselves. */
export const mainDirection = (x: readonly Vector[], weights: Vector): { variance: number; direction: number[] } => {
  const share = times(weights, 1 / sum(weights))
  const centre = byColumn(x, (column) => inner(column, share))
  const centred = x.map((row) => minus(row, centre))
  const apply = (v: Vector): number[] =>
    centred.map((row, i) => times(row, share[i]! * inner(row, v))).reduce((a, b) => plus(a, b))
  let direction = x[0]!.map((_, k) => 1 + 0.37 * Math.sin(7 * k + 1))
  for (let step = 0; step < 1500; step++) {
    const next = apply(direction)
    if (norm(next) === 0) break
    direction = times(next, 1 / norm(next))
  }

  return { variance: inner(direction, apply(direction)), direction }
}
export const smea = (x: readonly Vector[], f: number): number[] =>
  meanOfCheapest(
    x,
    f,
    (members) =>
      mainDirection(
        members,
        members.map(() => 1)
      ).variance
  )

export const caf = (x: readonly Vector[], f: number): number[] => {
  let c = x.map(() => 1)
  let best = { variance: Infinity, out: mean(x) }
  for (let step = 0; step < 500 && sum(c) > x.length - 2 * f; step++) {
    const centre = byColumn(x, (column) => inner(column, c) / sum(c))
    const { variance, direction } = mainDirection(x, c)
    if (variance < best.variance) best = { variance, out: centre }
    const squares = x.map((row) => inner(minus(row, centre), direction) ** 2)
    const largest = Math.max(...squares)
    if (largest === 0) break
    c = c.map((weight, i) => weight * (1 - squares[i]! / largest))
  }

  return best.out
}

export const monna = (x: readonly Vector[], f: number, own: number): number[] =>
  mean(nearestTo(x, x[own]!, x.length - f).map((i) => x[i]!))

export const centeredClipping = (x: readonly Vector[], tau: number, steps: number, start: Vector): number[] => {
  let v = [...start]
  for (let step = 0; step < steps; step++) v = plus(v, mean(x.map((row) => clip(minus(row, v), tau))))

  return v
}

export const selfCenteredClipping = (x: readonly Vector[], tau: number, own: number, mixing: Vector): number[] =>
  x
    .map((row, i) => times(plus(x[own]!, clip(minus(row, x[own]!), tau)), mixing[i]!))
    .reduce((total, row) => plus(total, row))

export const smoothedWeiszfeld = (x: readonly Vector[], nu: number, steps: number): number[] => {
  let z = x[0]!.map(() => 0)
  for (let step = 0; step < steps; step++) {
    const weights = x.map((row) => 1 / Math.max(nu, distance(row, z)))
    z = byColumn(x, (column) => inner(column, weights) / sum(weights))
  }

  return z
}
export const sumOfDistances = (x: readonly Vector[], z: Vector): number => sum(x.map((row) => distance(row, z)))

/** Subspaces by orthogonal iteration on the vectors themselves. */
export const flag = (x: readonly Vector[], r: number, iterations: number): number[] => {
  const units = x.filter((row) => norm(row) > 0).map((row) => times(row, 1 / norm(row)))
  let basis: number[][] = []
  for (let iteration = 0; iteration < iterations; iteration++) {
    const weights = units.map((unit) => (Math.abs(1 - sum(basis.map((y) => inner(y, unit) ** 2))) + 1e-7) ** -0.25)
    basis = topDirections(
      units.map((unit, i) => times(unit, weights[i]!)),
      r
    )
  }

  const projected = units.map((unit) => basis.map((y) => times(y, inner(y, unit))).reduce((a, b) => plus(a, b)))
  return times(
    projected.reduce((a, b) => plus(a, b)),
    1 / r
  )
}
const topDirections = (columns: readonly Vector[], r: number): number[][] => {
  const found: number[][] = []
  for (let k = 0; k < Math.min(r, columns.length, columns[0]!.length); k++) {
    let v = columns[0]!.map((_, i) => 1 + 0.3 * Math.cos(3 * i + 5 * k))
    for (let step = 0; step < 1500; step++) {
      let next = columns.map((c) => times(c, inner(c, v))).reduce((a, b) => plus(a, b))
      for (const y of found) next = minus(next, times(y, inner(y, next)))
      v = times(next, 1 / norm(next))
    }
    found.push(v)
  }

  return found
}

export interface Mozi {
  own: number
  losses: Vector
  rho: number
  alpha: number
}
export const mozi = (x: readonly Vector[], { own, losses, rho, alpha }: Mozi): number[] => {
  const near = nearestTo(x, x[own]!, x.length)
    .filter((i) => i !== own)
    .slice(0, Math.max(1, Math.floor(rho * (x.length - 1))))
  const good = near.filter((i) => losses[i]! <= losses[own]!)
  const kept = good.length > 0 ? good : near.slice(0, 1)

  return plus(times(x[own]!, alpha), times(mean(kept.map((i) => x[i]!)), 1 - alpha))
}

export const nnm = (x: readonly Vector[], f: number): number[][] =>
  x.map((row) => mean(nearestTo(x, row, x.length - f).map((i) => x[i]!)))
export const clipping = (x: readonly Vector[], c: number): number[][] => x.map((row) => clip(row, c))
export const arc = (x: readonly Vector[], f: number): number[][] => {
  const n = x.length
  const clipped = Math.floor((2 * f * (n - f)) / n)

  return clipping(x, ascending(x.map(norm))[n - clipped - 1]!)
}
export const bucketing = (x: readonly Vector[], s: number, order: readonly number[]): number[][] =>
  range(Math.ceil(x.length / s)).map((g) => mean(order.slice(g * s, (g + 1) * s).map((i) => x[i]!)))
