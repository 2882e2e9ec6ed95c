import { CodedError } from '../../interface/errors.ts'
import type { StepProgram } from '../program.ts'
import type { Device } from './device.ts'
import { Executors } from './executors.ts'
import type { WorkerSetup } from './messages.ts'
import { loadRuntime } from './runtime.ts'
import type { StepVectors } from './step.ts'
import { startStopwatch } from './stopwatch.ts'

const WARM_UP_STEPS = 2 // the first compiles shaders and sizes the memory arena
const TIMED_STEPS = 4 // in one request, as in training: a GPU moves the model once a request

/**
 * The executors of the device on which a step of this very model is fastest:
 * small models belong on the CPU even beside a large GPU. A single candidate
 * is taken as it is, without timing.
 *
 * @throws {CodedError} ERR_DEVICE_UNAVAILABLE when the program runs on none
 */
export async function chooseExecutors(program: StepProgram, setup: WorkerSetup): Promise<Executors> {
  const failures: string[] = []
  let best: { executors: Executors; ms: number } | undefined

  for (const device of setup.candidates) {
    const executors = new Executors(device, setup)
    try {
      const ms = setup.candidates.length === 1 ? await load(device, setup) : await timeStep(executors, program)
      if (best === undefined || ms < best.ms) best = { executors, ms }
    } catch (error) {
      failures.push(`${device}: ${error instanceof Error ? error.message : error}`)
    }
  }
  if (best !== undefined) return best.executors
  if (setup.fallback !== undefined) return new Executors(setup.fallback, setup)

  throw new CodedError('ERR_DEVICE_UNAVAILABLE', `no device runs this model; ${failures.join('; ')}`)
}

/** Fails where the native library does not load. */
async function load(device: Device, setup: WorkerSetup): Promise<number> {
  await loadRuntime(device, setup)

  return 0
}

function zeroVectors({ layout, stateDim, frozenDim }: StepProgram): StepVectors {
  return {
    params: new Float32Array(layout.dim),
    state: new Float32Array(stateDim),
    frozen: new Float32Array(frozenDim)
  }
}

/** Mean time of a few steps from zero params, in ms: it does not depend on the numbers. */
export async function timeStep(executors: Executors, program: StepProgram): Promise<number> {
  const { executor, release } = await executors.step(program)
  try {
    const bound = executor.bind(zeroVectors(program))
    const run = (steps: number): Promise<unknown> => {
      let left = steps
      return bound.run({ learningRate: 0, firstStep: 1, fill: () => --left === 0 })
    }
    await run(WARM_UP_STEPS)

    const elapsedMs = startStopwatch()
    await run(TIMED_STEPS)

    return elapsedMs() / TIMED_STEPS
  } finally {
    await release()
  }
}
