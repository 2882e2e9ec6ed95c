/** Who hears whom: an undirected graph, of which nodes 0 to `honest` - 1 are honest and the others Byzantine. */
export interface MixingGraph {
  readonly honest: number
  /** Of every node, ascending; edges are in both lists. */
  readonly neighbours: readonly (readonly number[])[]
}

export type Edge = readonly [number, number]

/** @throws {RangeError} for an edge that leaves the graph, joins a node to itself or is there twice */
export function graphOf(nodes: number, honest: number, edges: readonly Edge[]): MixingGraph {
  const neighbours = Array.from({ length: nodes }, (): number[] => [])
  for (const [a, b] of edges) {
    if (a === b || neighbours[a] === undefined || neighbours[b] === undefined || neighbours[a].includes(b)) {
      throw new RangeError(`no edge between ${a} and ${b} in a graph of ${nodes} nodes`)
    }
    neighbours[a].push(b)
    neighbours[b].push(a)
  }

  return { honest, neighbours: neighbours.map((list) => list.sort((a, b) => a - b)) }
}

const BYZANTINE_EACH = 2

/**
 * A ring of `honest` nodes, each with two Byzantine neighbours of its own, and one more on node 0, which so has no
 * honest majority around it, its own model counted.
 *
 * Source: He, Karimireddy and Jaggi, arXiv:2202.01545, `honest_majority.py` of their code, with honest = 5.
 */
export function maliciousRing(honest: number): MixingGraph {
  const ring = Array.from({ length: honest }, (_, node): Edge => [node, (node + 1) % honest])
  const attackers = Array.from(
    { length: honest * BYZANTINE_EACH },
    (_, k): Edge => [Math.floor(k / BYZANTINE_EACH), honest + k]
  )
  const nodes = honest * (1 + BYZANTINE_EACH) + 1

  return graphOf(nodes, honest, [...ring, ...attackers, [0, nodes - 1]])
}

/** Two cliques of `clique` nodes each, joined by one edge between their first nodes; nobody is Byzantine. */
export function dumbbell(clique: number): MixingGraph {
  const pairs = Array.from({ length: clique }, (_, a) => Array.from({ length: a }, (_, b): Edge => [b, a])).flat()
  const edges = [0, clique].flatMap((base) => pairs.map(([a, b]): Edge => [base + a, base + b]))

  return graphOf(2 * clique, 2 * clique, [...edges, [0, clique]])
}

/**
 * What a node gives to itself and to each of its neighbours, in that order: 1 / (1 + the larger of the two degrees) for
 * an edge, the rest for itself. The matrix of all nodes is symmetric, and each of its rows sums to 1.
 *
 * Source: Metropolis weights, as in Xiao, Boyd and Kim, J. Parallel Distrib. Comput. 67(1), 2007.
 */
export function metropolisWeights({ neighbours }: MixingGraph, node: number): number[] {
  const degree = (of: number): number => neighbours[of]!.length
  const weights = neighbours[node]!.map((other) => 1 / (1 + Math.max(degree(node), degree(other))))

  return [1 - weights.reduce((sum, weight) => sum + weight, 0), ...weights]
}
