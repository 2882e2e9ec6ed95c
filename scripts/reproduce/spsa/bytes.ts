import type { JobInput } from '../../../src/node/job.ts'
import type { Part, PartOptions, PartResult } from '../result.ts'
import { drawBytes } from './bytes-chart.ts'
import { megabytes, percent } from './format.ts'
import { FINETUNE_STEPS, fedavgJob, finetuneJob, gossipJob, NODES } from './settings.ts'
import { drawCurve, type LearningCurve } from './simulated.ts'
import { openTurnedTask } from './turned-task.ts'

const SEED = 1
/** Where model learners end: what they gain after that costs a multiple of all that is on the plot. */
const ENOUGH = 0.75

/** What each way of training makes of the bytes that it sends, all from one model. */
export const bytes: Part = {
  about: 'accuracy on turned images against bytes: projections, seed pools, gossip and FedAvg',
  run: runBytes
}

async function runBytes({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const task = await openTurnedTask({ seed: SEED })
  try {
    const common = { ...task.job(NODES), seed: SEED }
    const curves = new Map<string, LearningCurve>()
    for (const [title, job] of Object.entries(jobsOf(common, quick ? FINETUNE_STEPS / 20 : FINETUNE_STEPS))) {
      const curve = await drawCurve({ job, until: ENOUGH })
      log(`${title}: ${percent(curve.points.at(-1)!.accuracy)} with ${megabytes(curve.wire)}`)
      curves.set(title, curve)
    }
    if (plots !== undefined) {
      const title = `Turned images, ${NODES} nodes, seed ${SEED}`
      drawBytes(new URL('spsa-bytes.svg', plots), { title, accuracies: [20, 80], curves })
    }

    return {
      tables: [{ head: ['learner', 'steps or rounds', 'accuracy', 'payload', 'wire'], rows: rowsOf(curves) }],
      checks: []
    }
  } finally {
    await task.close()
  }
}

export function jobsOf(common: JobInput, steps: number): Record<string, JobInput> {
  return {
    SPSA: finetuneJob(common, { steps }),
    'pool 4096': finetuneJob(common, { steps, pool: 4096 }),
    'pool 512': finetuneJob(common, { steps, pool: 512 }),
    gossip: gossipJob(common),
    FedAvg: fedavgJob(common, { sample: 10, localSteps: 10 })
  }
}

/** A few points of each curve, the first and the last among them. */
export function rowsOf(curves: ReadonlyMap<string, LearningCurve>): (string | number)[][] {
  return [...curves].flatMap(([title, { points }]) =>
    points
      .filter((_, i) => i === 0 || i === points.length - 1 || (i + 1) % Math.ceil(points.length / 4) === 0)
      .map(({ round, accuracy, payload, wire }) => [
        title,
        round,
        percent(accuracy),
        payload === undefined ? 'models' : `${(payload / 1000).toFixed(1)} kB`,
        megabytes(wire)
      ])
  )
}
