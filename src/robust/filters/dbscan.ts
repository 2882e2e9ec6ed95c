/** Label of a point that belongs to no cluster. */
export const NOISE = -1

export interface DbscanOptions {
  /** Points at most so far apart are neighbours. */
  readonly eps: number
  /** A point with so many neighbours, itself counted, is the core of a cluster. */
  readonly minPts: number
}

/**
 * Clusters of points that lie dense, any number and shape of them.
 *
 * Deterministic: points are taken by index, clusters numbered in that order, and a border point that two clusters
 * reach belongs to the first.
 *
 * Source: Ester, Kriegel, Sander and Xu, KDD 1996.
 *
 * @param distances - not squared, shape (n, n), symmetric
 * @returns a label for each point, from 0, or {@link NOISE}; shape (n)
 */
export function dbscan(distances: Float64Array, n: number, { eps, minPts }: DbscanOptions): Int32Array {
  const labels = new Int32Array(n).fill(NOISE)
  const neighboursOf = (i: number): number[] => {
    const found: number[] = []
    for (let j = 0; j < n; j++) if (distances[i * n + j]! <= eps) found.push(j)

    return found
  }

  let clusters = 0
  for (let i = 0; i < n; i++) {
    if (labels[i] !== NOISE) continue
    const core = neighboursOf(i)
    if (core.length < minPts) continue
    spread(labels, clusters++, core, (j) => {
      const reached = neighboursOf(j)
      return reached.length < minPts ? [] : reached
    })
  }

  return labels
}

/** Gives `label` to all that `seeds` reach and that have none; `reach`: where one leads on to. */
function spread(labels: Int32Array, label: number, seeds: readonly number[], reach: (i: number) => number[]): void {
  const queue = [...seeds]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (labels[next] !== NOISE) continue
    labels[next] = label
    queue.push(...reach(next))
  }
}

/**
 * Median over the points of the distance to the `minPts`-th nearest, the point itself counted: how dense the usual
 * point lies. A minority of points moves it at most to another usual point's value.
 */
export function typicalReach(distances: Float64Array, n: number, minPts: number): number {
  const reaches = Array.from({ length: n }, (_, i) => distances.slice(i * n, (i + 1) * n).sort()[minPts - 1]!)

  return Float64Array.from(reaches).sort()[n >> 1]!
}
