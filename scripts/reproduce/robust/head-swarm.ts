import type { HeadProbe } from '../../../src/interface/trainer.ts'
import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { createFilter, type IntegratingFilter, parseFilter } from '../../../src/robust/filters/registry.ts'
import { createAggregator, parseAggregator } from '../../../src/robust/registry.ts'
import type { Engine } from '../../../src/train/engine/engine.ts'
import type { EngineTrainer, TrainerInit } from '../../../src/train/engine/trainer.ts'
import type { FewShotShares } from './few-shot.ts'

export interface HeadSwarmInit {
  /** Of each node's trainer, the examples apart: model, data, optimiser, extractor. */
  trainer: Omit<TrainerInit, 'indices' | 'stream' | 'relabel' | 'params'>
  shares: FewShotShares
  /** The last so many nodes train, and try models, on flipped labels: otherwise they do as the others. */
  byzantine: number
  /** What every node does with what it hears: `bristle` with its options, or a chain of robust rules. */
  method: string
  /** One training and one exchange of models, everyone with everyone, each. */
  rounds: number
  localSteps: number
  learningRate: number
  seed: number
}

/** What a node makes of all nodes' heads, its own at `own`; writes to `params`. */
type Merge = (round: number, params: Float32Array, heads: readonly Float32Array[], own: number) => void

interface Member {
  readonly trainer: EngineTrainer
  readonly merge: Merge
  readonly afterTraining: (before: Float32Array) => void
}

/**
 * Gossip in lockstep, everyone with everyone, of output layers on one frozen extractor.
 *
 * @returns accuracy of each honest node's model on the common test set
 */
export async function runHeadSwarm(engine: Engine, init: HeadSwarmInit): Promise<number[]> {
  const { rounds, localSteps, learningRate, byzantine } = init
  const members = await openMembers(engine, init)
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const { trainer, afterTraining } of members) {
        const before = trainer.params.slice()
        await trainer.train(localSteps, { learningRate })
        afterTraining(before)
      }
      const heads = members.map(({ trainer }) => trainer.params.slice())
      for (const [own, { trainer, merge }] of members.entries()) merge(round, trainer.params, heads, own)
    }

    const accuracies: number[] = []
    for (const { trainer } of members.slice(0, members.length - byzantine)) {
      accuracies.push((await trainer.evaluate()).accuracy)
    }

    return accuracies
  } finally {
    for (const { trainer } of members) await trainer.close()
  }
}

async function openMembers(engine: Engine, init: HeadSwarmInit): Promise<Member[]> {
  const { shares, byzantine } = init
  const members: Member[] = []
  for (const [node, indices] of shares.train.entries()) {
    const isByzantine = node >= shares.train.length - byzantine
    const common = { ...init.trainer, ...(isByzantine ? { relabel: 'reversed' as const } : {}) }
    const trainer = await engine.createTrainer({ ...common, indices, stream: `${node}` })
    // as published: heads begin at zero
    trainer.params.fill(0)
    members.push(
      await openMember(init, node, trainer, async (perClass) => {
        const prober = await engine.createTrainer({ ...common, indices: shares.probe[node]!, stream: `probe:${node}` })
        try {
          return await prober.probe(perClass)
        } finally {
          await prober.close()
        }
      })
    )
  }

  return members
}

async function openMember(
  { method, seed }: HeadSwarmInit,
  node: number,
  trainer: EngineTrainer,
  probe: (perClass: number) => Promise<HeadProbe>
): Promise<Member> {
  const vectors = new VectorHeap()
  if (!method.startsWith('bristle')) {
    const rule = createAggregator(parseAggregator(method), { vectors, rng: createRng(seed, 'robust') })
    const merge: Merge = (_, params, heads, own) => void rule.aggregateInto(params, heads, { own })

    return { trainer, merge, afterTraining: () => undefined }
  }

  const components = { vectors, layout: trainer.layout, rng: createRng(seed, `filter:${node}`), maxSenders: 64 }
  const filter = createFilter(parseFilter(method), components) as IntegratingFilter
  filter.begin(await probe(filter.probePerClass))
  const merge: Merge = (round, params, heads, own) => {
    const models = heads.map((head, k) => ({ sender: `${k}`, params: head })).filter((_, k) => k !== own)
    filter.integrateInto(round, params, models)
  }

  return { trainer, merge, afterTraining: (before) => filter.afterTraining(trainer.params, before) }
}
