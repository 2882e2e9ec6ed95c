import { loadData } from '../../../src/train/data/load.ts'
import { partition } from '../../../src/train/data/partition.ts'

export interface SharesInit {
  data: string
  seed: number
}

/** Equal random shares of the training set for each node. */
export async function equalShares({ data, seed }: SharesInit, nodes: number): Promise<Uint32Array[]> {
  const { labels, classes } = await trainingSet(data, seed)

  return partition(labels, classes, 'iid', nodes, seed)
}

/** As many equal random shares of each half of the classes: the first `nodes` know the lower half alone. */
export async function halvedShares({ data, seed }: SharesInit, nodes: number): Promise<Uint32Array[]> {
  const { labels, classes } = await trainingSet(data, seed)

  return [0, 1].flatMap((half) => {
    const places = [...labels.keys()].filter((i) => Math.floor((2 * labels[i]!) / classes) === half)
    const own = Int32Array.from(places, (i) => labels[i]!)

    return partition(own, classes, 'iid', nodes, seed).map((share) => share.map((k) => places[k]!))
  })
}

async function trainingSet(data: string, seed: number): Promise<{ labels: Int32Array; classes: number }> {
  const { train } = await loadData(data, { seed, env: process.env, cwd: process.cwd() })

  return train
}
