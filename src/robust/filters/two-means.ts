/** Lloyd's rounds settle in a few for so few points; this is only a bound. */
const MAX_ROUNDS = 100

/**
 * K-means with k = 2, by distances alone: that of a point to a cluster's mean follows from those between points, so no
 * mean is ever made. Starts from the two points farthest apart (the first such pair), so equal inputs give equal
 * labels; a point as near to both goes to cluster 0.
 *
 * Source: Lloyd 1982. Deviation from scikit-learn's: no random starts.
 *
 * @param squared - squared distances, shape (n, n), symmetric
 * @returns 0 or 1 for each point, shape (n); all 0 when no two points differ
 */
export function twoMeans(squared: Float64Array, n: number): Uint8Array {
  const labels = new Uint8Array(n)
  const pair = farthestPair(squared, n)
  if (pair === undefined) return labels

  for (let i = 0; i < n; i++) labels[i] = squared[i * n + pair[1]]! < squared[i * n + pair[0]]! ? 1 : 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const toMeans = [0, 1].map((label) => toMean(squared, n, labels, label))
    let changed = false
    for (let i = 0; i < n; i++) {
      const label = toMeans[1]![i]! < toMeans[0]![i]! ? 1 : 0
      changed ||= label !== labels[i]
      labels[i] = label
    }
    if (!changed) break
  }

  return labels
}

function farthestPair(squared: Float64Array, n: number): [number, number] | undefined {
  let pair: [number, number] | undefined
  let most = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (squared[i * n + j]! > most) {
        most = squared[i * n + j]!
        pair = [i, j]
      }
    }
  }

  return pair
}

/** Squared distance of each point to the mean of a cluster: mean of those to its members, less half of those within. */
function toMean(squared: Float64Array, n: number, labels: Uint8Array, label: number): Float64Array {
  const members = [...labels.keys()].filter((i) => labels[i] === label)
  const means = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let sum = 0
    for (const j of members) sum += squared[i * n + j]!
    means[i] = sum / members.length
  }
  const within = members.reduce((sum, j) => sum + means[j]!, 0) / members.length

  return means.map((mean) => mean - within / 2)
}

/**
 * How well two clusters stand apart, from -1 to 1: the mean over the points of (b - a) / max(a, b), a the mean distance
 * to one's own cluster and b that to the other. 0 for a point alone in its cluster, and when one cluster is empty.
 *
 * Source: Rousseeuw, J. Comput. Appl. Math. 20, 1987.
 *
 * @param distances - not squared, shape (n, n)
 */
export function silhouette(distances: Float64Array, n: number, labels: Uint8Array): number {
  const sizes = [0, 0]
  for (const label of labels) sizes[label]!++
  if (sizes[0] === 0 || sizes[1] === 0) return 0

  let total = 0
  for (let i = 0; i < n; i++) {
    const sums = [0, 0]
    for (let j = 0; j < n; j++) sums[labels[j]!]! += distances[i * n + j]!
    const mine = labels[i]!
    if (sizes[mine] === 1) continue
    const a = sums[mine]! / (sizes[mine]! - 1)
    const b = sums[1 - mine]! / sizes[1 - mine]!
    if (a !== b) total += (b - a) / Math.max(a, b)
  }

  return total / n
}
