import { InvalidConfigError } from '../../interface/errors.ts'
import type { Rng } from '../../interface/rng.ts'
import { createRng } from '../../math/philox.ts'
import { dealClasses, dealDirichlet, dealEqually } from './deal.ts'
import { type ParsedPartition, type PartitionSpec, parsePartition } from './partition-spec.ts'

export { type ParsedPartition, type PartitionSpec, parsePartition } from './partition-spec.ts'

/**
 * Deals examples to nodes. No example goes to two nodes, no node goes without,
 * and the result depends on the arguments alone.
 *
 * - `iid`: a random, equal share each, to within one example.
 * - `classes:K`: K classes a node, each class held by equally many nodes to
 *   within one and cut into equal shares for them. Every class is held when
 *   nodes * K >= classes; with fewer, examples of the others go to nobody.
 * - `dirichlet:ALPHA`: of each class, a node gets a share drawn from a
 *   symmetric Dirichlet distribution. Nodes left with fewer than 10 examples
 *   (or than an equal share, where that is less) get random ones moved from
 *   whoever holds most; no redrawing, which need not end at small ALPHA. Uses
 *   logarithms and sines, whose last bit may differ between versions of Node:
 *   nodes that deal for themselves should run the same one.
 *
 * Source: Hsu, Qi and Brown, arXiv:1909.06335; that each class is cut over
 * nodes, and not each node over classes, is from Yurochkin et al., arXiv:1905.12022.
 *
 * @param labels - shape (count), classes from 0 to classes - 1
 * @param seed - uint32
 * @returns for each node the indices of its examples, ascending
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID: malformed spec, more nodes than examples, K above the number of
 *   classes that occur, a node that would go without
 */
export function partition(
  labels: Int32Array,
  classes: number,
  spec: PartitionSpec,
  nodes: number,
  seed: number
): Uint32Array[] {
  const parsed = parsePartition(spec)
  const examples = labels.length
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > examples) {
    throw new InvalidConfigError(
      `data.nodes: cannot deal ${examples} examples to ${nodes} nodes: use fewer, or more data`,
      { examples, nodes }
    )
  }

  const shares = deal(parsed, labels, classes, nodes, createRng(seed, 'partition'))
  const empty = shares.findIndex((share) => share.length === 0)
  if (empty >= 0) {
    throw new InvalidConfigError(
      `data.partition: ${spec}: leaves node ${empty} of ${nodes} without examples: use fewer nodes, or another partition`,
      {
        spec,
        nodes
      }
    )
  }

  return shares.map((share) => Uint32Array.from(share).sort())
}

/** The distinct classes among the examples `indices`, ascending. */
export function classesHeld(labels: Int32Array, indices: Iterable<number>): number[] {
  const held = new Set<number>()
  for (const index of indices) held.add(labels[index]!)

  return [...held].sort((a, b) => a - b)
}

function deal(parsed: ParsedPartition, labels: Int32Array, classes: number, nodes: number, rng: Rng) {
  switch (parsed.kind) {
    case 'iid':
      return dealEqually(labels.length, nodes, rng)
    case 'classes':
      return dealClasses(groupByClass(labels, classes, rng), parsed.perNode, nodes, rng)
    case 'dirichlet':
      return dealDirichlet(groupByClass(labels, classes, rng), parsed.alpha, nodes, rng)
  }
}

/** For each class that occurs, the indices of its examples, shuffled. */
function groupByClass(labels: Int32Array, classes: number, rng: Rng): number[][] {
  const groups = Array.from({ length: classes }, (): number[] => [])
  for (const [index, label] of labels.entries()) groups[label]!.push(index)

  return groups.filter((group) => group.length > 0).map((group) => rng.shuffle(group))
}
