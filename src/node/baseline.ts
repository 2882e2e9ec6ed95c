import type { AbortOptions } from '../interface/startable.ts'
import { learningRateAt, progressOf } from '../learners/budget.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import { createEngine } from '../train/engine/engine.ts'
import type { EngineTrainer } from '../train/engine/trainer.ts'
import type { DataShare } from './data-share.ts'
import type { Job } from './job.ts'
import { openTrainer } from './training.ts'

export interface BaselineInit extends AbortOptions {
  job: Job
  device: DeviceChoice
  threads: number
  /** Steps that each node did in the swarm; its index is its slice. Nodes with none are left out. */
  steps: readonly number[]
  /** Called with the fraction done, 0 to 1. */
  onProgress: (fraction: number) => void
}

export interface BaselineResult {
  /** Accuracy of each node alone, on its own slice, for as many steps. */
  alone: (number | undefined)[]
  /** Accuracy of one model on all the data, batches as many times larger as there are nodes. */
  pooled: number
}

/**
 * What the swarm has to be compared with, trained here and now: the same
 * model from the same start, with the same optimiser and schedule, for as
 * many steps. Every run on the pooled data sees as many examples as the whole
 * swarm did.
 */
export async function runBaselines({
  job,
  device,
  threads,
  steps,
  onProgress,
  signal
}: BaselineInit): Promise<BaselineResult> {
  const engine = await createEngine({ device, threads })
  const vectors = new VectorHeap()
  const pooledSteps = Math.round(
    steps.reduce((sum, count) => sum + count, 0) / Math.max(1, steps.filter(Boolean).length)
  )
  // a pooled step is as much work as one step of every node
  const total = steps.reduce((sum, count) => sum + count, 0) + pooledSteps * job.data.nodes
  let done = 0

  const measure = async (share: DataShare, count: number, scale: number): Promise<number> => {
    const trainer = await openTrainer(engine, { job, share, vectors, batchSize: job.batchSize * scale })
    const onSteps = (n: number): void => {
      done += n * scale
      onProgress(done / total)
    }
    try {
      await trainAlone(trainer, { job, steps: count, onSteps, ...(signal === undefined ? {} : { signal }) })

      return (await trainer.evaluate(signal === undefined ? {} : { signal })).accuracy
    } finally {
      await trainer.close()
      vectors.free(trainer.params)
    }
  }

  try {
    const alone: (number | undefined)[] = []
    for (const [index, count] of steps.entries()) {
      alone.push(count === 0 ? undefined : await measure({ kind: 'slice', index }, count, 1))
    }
    const pooled = await measure({ kind: 'all' }, Math.max(1, pooledSteps), job.data.nodes)

    return { alone, pooled }
  } finally {
    await engine.close()
  }
}

interface AloneInit extends AbortOptions {
  job: Job
  steps: number
  onSteps: (count: number) => void
}

/** The rounds of a learner without the others. */
async function trainAlone(trainer: EngineTrainer, { job, steps, onSteps, signal }: AloneInit): Promise<void> {
  const { localSteps } = job.learner
  for (let done = 0; done < steps; done += localSteps) {
    const count = Math.min(localSteps, steps - done)
    const learningRate = learningRateAt(job.learningRate, progressOf({ rounds: steps }, done, 0))
    await trainer.train(count, { learningRate, ...(signal === undefined ? {} : { signal }) })
    signal?.throwIfAborted()
    onSteps(count)
  }
}
