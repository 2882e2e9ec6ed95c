import { InvalidConfigError } from '../../interface/errors.ts'
import type { Rng } from '../../interface/rng.ts'
import { dirichlet } from './dirichlet.ts'

/** With fewer, one batch would hold the same examples over and over. Lowered where there is not enough for all. */
const MIN_EXAMPLES = 10

/** Examples by their index: of one class, or of one node. */
type Indices = readonly number[]

/** Equal shares of all examples, to within one. */
export function dealEqually(count: number, nodes: number, rng: Rng): Indices[] {
  const order = Array.from({ length: count }, (_, index) => index)

  return cutEqually(rng.shuffle(order), nodes)
}

/**
 * `perNode` classes a node; each class in equal shares to its holders.
 *
 * @param groups - the shuffled examples of each class that occurs
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID when there are fewer classes
 */
export function dealClasses(groups: readonly Indices[], perNode: number, nodes: number, rng: Rng): Indices[] {
  if (perNode > groups.length) {
    throw new InvalidConfigError(
      `data.partition: classes:${perNode}: the data has only ${groups.length} classes: use as many at most`,
      {
        perNode,
        classes: groups.length
      }
    )
  }

  const pieces = Array.from({ length: nodes }, (): Indices[] => [])
  for (const [group, holders] of chooseHolders(groups.length, perNode, nodes, rng).entries()) {
    const cut = cutEqually(groups[group]!, holders.length)
    for (const [i, holder] of holders.entries()) pieces[holder]!.push(cut[i]!)
  }

  return pieces.map((parts) => parts.flat())
}

/**
 * For each class the nodes that hold it. Each node in turn takes the classes
 * with the fewest holders so far, ties by lot: numbers of holders never differ
 * by more than one.
 */
function chooseHolders(classes: number, perNode: number, nodes: number, rng: Rng): number[][] {
  const holders = Array.from({ length: classes }, (): number[] => [])
  for (let node = 0; node < nodes; node++) {
    const order = rng.shuffle([...holders.keys()]).sort((a, b) => holders[a]!.length - holders[b]!.length)
    for (const group of order.slice(0, perNode)) holders[group]!.push(node)
  }

  return holders
}

/** Of each class, a share drawn from a Dirichlet distribution to each node; then nobody is left short. */
export function dealDirichlet(groups: readonly Indices[], alpha: number, nodes: number, rng: Rng): Indices[] {
  const pieces = Array.from({ length: nodes }, (): Indices[] => [])
  for (const group of groups) {
    const cut = cutAt(group, runningSums(dirichlet(alpha, nodes, rng)))
    for (const [node, piece] of cut.entries()) pieces[node]!.push(piece)
  }

  const shares = pieces.map((parts) => parts.flat())
  const total = shares.reduce((sum, share) => sum + share.length, 0)
  topUp(shares, Math.min(MIN_EXAMPLES, Math.floor(total / nodes)), rng)

  return shares
}

/** Moves random examples from the largest share until none has fewer than `minimum`; changes `shares`. */
function topUp(shares: readonly number[][], minimum: number, rng: Rng): void {
  for (const share of shares) {
    while (share.length < minimum) {
      // minimum * nodes <= total: while one share is short, the largest is above the minimum
      const largest = shares.reduce((a, b) => (b.length > a.length ? b : a))
      const [moved] = largest.splice(rng.below(largest.length), 1)
      share.push(moved!)
    }
  }
}

function runningSums(parts: Float64Array): number[] {
  let sum = 0

  return Array.from(parts, (part) => {
    sum += part
    return sum
  })
}

/** Consecutive pieces whose lengths differ by one at most. */
function cutEqually(items: Indices, pieces: number): Indices[] {
  const ends = Array.from({ length: pieces }, (_, i) => (i + 1) / pieces)

  return cutAt(items, ends)
}

/** Consecutive pieces that end at these fractions of the whole, the last at its end. */
function cutAt(items: Indices, ends: readonly number[]): Indices[] {
  const at = (i: number): number => (i === ends.length - 1 ? items.length : Math.round(ends[i]! * items.length))

  return ends.map((_, i) => items.slice(i === 0 ? 0 : at(i - 1), at(i)))
}
