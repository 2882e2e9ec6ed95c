import type { AbortOptions } from '../interface/startable.ts'
import { learningRateAt, progressOf } from '../learners/budget.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import { createEngine, type Engine } from '../train/engine/engine.ts'
import type { EngineTrainer } from '../train/engine/trainer.ts'
import { chooseShare, type DataShare } from './data-share.ts'
import type { Job } from './job.ts'
import { openTrainer } from './training.ts'

export interface BaselineInit extends AbortOptions {
  job: Job
  device: DeviceChoice
  /** Runs at a time. */
  threads: number
  /** Steps that each node did in the swarm; its index is its slice. Nodes with none are left out. */
  steps: readonly number[]
  /**
   * Steps on the pooled data, and how many times larger their batches are. By default as many as the nodes did on
   * average, with batches for all of them.
   */
  pooled?: { steps: number; scale: number }
  /** Called with the fraction done, 0 to 1. */
  onProgress: (fraction: number) => void
}

export interface BaselineResult {
  /** Accuracy of each node alone, on its own slice, for as many steps. */
  alone: (number | undefined)[]
  /** Accuracy of one model on all the data. */
  pooled: number
}

/**
 * What the swarm has to be compared with, trained here and now: the same
 * model from the same start, with the same optimiser and schedule, for as
 * many steps. The run on the pooled data sees as many examples as the whole
 * swarm did.
 */
export async function runBaselines(init: BaselineInit): Promise<BaselineResult> {
  const { job, steps, threads, onProgress, signal } = init
  const total = steps.reduce((sum, count) => sum + count, 0)
  const pooledSteps = Math.max(1, Math.round(total / Math.max(1, steps.filter((count) => count > 0).length)))
  const pooled = init.pooled ?? { steps: pooledSteps, scale: job.data.nodes }
  // a pooled step is as much work as one step of every node: first, so that the lanes end together
  const pooledRun: Run = { share: { kind: 'all' }, ...pooled }
  const aloneRuns = steps.map(
    (count, index): Run => ({ share: chooseShare(job, '', { slice: index }), steps: count, scale: 1 })
  )
  const queue = [pooledRun, ...aloneRuns.filter((run) => run.steps > 0)]
  const work = queue.reduce((sum, run) => sum + run.steps * run.scale, 0)
  const accuracies = new Map<Run, number>()
  let done = 0

  const lane = async (): Promise<void> => {
    const engine = await createEngine({ device: init.device })
    try {
      for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
        const { scale } = run
        const onSteps = (count: number): void => {
          done += count * scale
          onProgress(done / work)
        }
        accuracies.set(run, await measure(engine, run, { job, onSteps, ...(signal === undefined ? {} : { signal }) }))
      }
    } finally {
      await engine.close()
    }
  }
  // one GPU has one owner; on the processor, small models gain more from a run each than from threads in common
  const lanes = init.device === 'cpu' || init.device === 'wasm' ? Math.min(threads, queue.length) : 1
  await Promise.all(Array.from({ length: lanes }, lane))

  return { alone: aloneRuns.map((run) => accuracies.get(run)), pooled: accuracies.get(pooledRun)! }
}

interface Run {
  share: DataShare
  steps: number
  /** How many times larger the batches are. */
  scale: number
}

interface MeasureInit extends AbortOptions {
  job: Job
  onSteps: (count: number) => void
}

async function measure(engine: Engine, { share, steps, scale }: Run, init: MeasureInit): Promise<number> {
  const vectors = new VectorHeap()
  const trainer = await openTrainer(engine, { job: init.job, share, vectors, batchSize: init.job.batchSize * scale })
  try {
    await trainAlone(trainer, { ...init, steps })

    return (await trainer.evaluate(init.signal === undefined ? {} : { signal: init.signal })).accuracy
  } finally {
    await trainer.close()
  }
}

interface AloneInit extends MeasureInit {
  steps: number
}

/** The rounds of a learner without the others. */
async function trainAlone(trainer: EngineTrainer, { job, steps, onSteps, signal }: AloneInit): Promise<void> {
  const localSteps = 'localSteps' in job.learner ? job.learner.localSteps : 1
  for (let done = 0; done < steps; done += localSteps) {
    const count = Math.min(localSteps, steps - done)
    const learningRate = learningRateAt(job.learningRate, progressOf({ rounds: steps }, done, 0))
    await trainer.train(count, { learningRate, ...(signal === undefined ? {} : { signal }) })
    signal?.throwIfAborted()
    onSteps(count)
  }
}
