import { loadData } from '../../../src/train/data/load.ts'
import { classesHeld, partition } from '../../../src/train/data/partition.ts'

export interface FewShotInit {
  data: string
  seed: number
  nodes: number
  classesEach: number
  /** Training examples of each class that a node has. */
  perClass: number
  /** Further examples of each of these classes, to try models on. */
  probePerClass: number
}

/** Of each node, by place in the training set: no two nodes share an example. */
export interface FewShotShares {
  train: Uint32Array[]
  probe: Uint32Array[]
}

/**
 * A few examples of a few classes for each node, classes dealt as a job with `classes:K` deals them.
 *
 * @throws {RangeError} when a node's part of the data has not so many
 */
export async function fewShotShares(init: FewShotInit): Promise<FewShotShares> {
  const { data, seed, nodes, classesEach, perClass, probePerClass } = init
  const { train } = await loadData(data, { seed, env: process.env, cwd: process.cwd() })
  const { labels, classes } = train
  const parts = partition(labels, classes, `classes:${classesEach}`, nodes, seed)
  const cut = (from: number, to: number): Uint32Array[] =>
    parts.map((part) =>
      Uint32Array.from(
        classesHeld(labels, part).flatMap((c) => examplesOf(part, labels, c, perClass + probePerClass).slice(from, to))
      )
    )

  return { train: cut(0, perClass), probe: cut(perClass, perClass + probePerClass) }
}

function examplesOf(part: Uint32Array, labels: Int32Array, c: number, count: number): number[] {
  const found = [...part].filter((index) => labels[index] === c).slice(0, count)
  if (found.length < count)
    throw new RangeError(`${count} examples of class ${c} wanted, and there are ${found.length}`)

  return found
}
