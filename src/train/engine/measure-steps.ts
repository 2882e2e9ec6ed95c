import { createRng } from '../../math/philox.ts'
import { compileStep } from '../compile.ts'
import { initParams } from '../models/init.ts'
import { createModel } from '../models/registry.ts'
import type { StepProgram } from '../program.ts'
import type { Executors } from './executors.ts'
import type { Measurement } from './messages.ts'
import { startStopwatch } from './stopwatch.ts'

const CLASSES = 10
const REFERENCE_DATA = { shape: [28, 28, 1], type: 'float32', classes: CLASSES } as const
const REFERENCE_BATCH = 32
const STEPS_A_ROUND = 10

function referenceModel(): ReturnType<typeof createModel> {
  return createModel({ name: 'mlp' }, REFERENCE_DATA)
}

/** The default model on the default data's shape: an MLP 784-256-128-10, batches of 32, momentum. */
export function referenceProgram(): StepProgram {
  return compileStep(referenceModel(), { batchSize: REFERENCE_BATCH, optimiser: { name: 'sgd' } })
}

/** Runs the reference program on noise in whole rounds until `seconds` have passed. */
export async function measureSteps(executors: Executors, program: StepProgram, seconds: number): Promise<Measurement> {
  const sinceStart = startStopwatch()
  const { executor, release } = await executors.step(program)
  try {
    const rng = createRng(1, 'measure')
    for (let i = 0; i < executor.x.length; i++) executor.x[i] = rng.uniform()
    for (let i = 0; i < executor.labels.length; i++) executor.labels[i] = rng.below(CLASSES)
    const params = new Float32Array(program.layout.dim)
    initParams(referenceModel(), program.layout, rng, params)

    const bound = executor.bind({ params, state: new Float32Array(program.stateDim) })
    const run = (steps: number): Promise<unknown> => {
      let left = steps
      return bound.run({ learningRate: 0.01, firstStep: 1, fill: () => --left === 0 })
    }
    await run(1)
    const startMs = sinceStart()

    const elapsedMs = startStopwatch()
    let steps = 0
    for (; elapsedMs() < seconds * 1000; steps += STEPS_A_ROUND) await run(STEPS_A_ROUND)

    return { device: executors.device, stepsPerSecond: steps / (elapsedMs() / 1000), startMs }
  } finally {
    await release()
  }
}
