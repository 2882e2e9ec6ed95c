import type { InferenceSession } from 'onnxruntime-node'
import type { StepProgram } from '../program.ts'
import type { Device } from './device.ts'
import { frozenViews, inputViews, outputViews, type Tensors } from './feeds.ts'
import { RunGarbage } from './run-garbage.ts'
import { type Runtime, sessionOptions } from './runtime.ts'
import type { BoundStep, ExecutorInit, StepExecutor, StepRequest, StepResult, StepVectors } from './step.ts'
import { createStepPorts, type StepPorts } from './step-ports.ts'

/** One direction of a step: the tensors it reads and the tensors it writes. */
interface Pass {
  readonly feeds: Tensors
  readonly fetches: Tensors
}

/**
 * Steps between two sets of vectors in memory that onnxruntime reads and
 * writes in place: forth from the model's own to a spare one, back again,
 * and one copy at the end of a request of odd length. The spare is shared
 * by all models of the executor, since only one request runs at a time.
 *
 * Input and output are never the same memory: that trains wrongly, because
 * an optimiser's write can come before a gradient's last read.
 */
class HostStep implements StepExecutor {
  readonly #ort: Runtime
  readonly #session: InferenceSession
  readonly #program: StepProgram
  readonly #ports: StepPorts
  readonly #spareParams: Float32Array
  readonly #spareState: Float32Array
  readonly #spareFeeds: Tensors
  readonly #spareFetches: Tensors
  readonly #garbage = new RunGarbage()

  constructor(session: InferenceSession, { ort, program }: ExecutorInit) {
    this.#ort = ort
    this.#session = session
    this.#program = program
    this.#ports = createStepPorts(ort, program)
    this.#spareParams = new Float32Array(program.layout.dim)
    this.#spareState = new Float32Array(program.stateDim)
    this.#spareFeeds = this.#feeds(this.#spareParams, this.#spareState)
    this.#spareFetches = this.#fetches(this.#spareParams, this.#spareState)
  }

  get x(): Float32Array | Int32Array {
    return this.#ports.x.array
  }

  get labels(): Int32Array {
    return this.#ports.labels.array
  }

  bind({ params, state, frozen }: StepVectors): BoundStep {
    const constants = frozenViews(this.#ort, frozen, this.#program)
    const forth = { feeds: { ...this.#feeds(params, state), ...constants }, fetches: this.#spareFetches }
    const back = { feeds: { ...this.#spareFeeds, ...constants }, fetches: this.#fetches(params, state) }
    const settle = (): void => {
      params.set(this.#spareParams)
      state.set(this.#spareState)
    }

    return { run: (request) => this.#run(request, forth, back, settle) }
  }

  async release(): Promise<void> {
    await this.#session.release()
  }

  async #run(request: StepRequest, forth: Pass, back: Pass, settle: () => void): Promise<StepResult> {
    const loss = this.#ports.loss.array
    let lossSum = 0
    let steps = 0

    try {
      for (let last = false; !last; steps++) {
        last = request.fill()
        this.#ports.prepare(request, steps)
        const pass = steps % 2 === 0 ? forth : back
        await this.#step(pass)
        lossSum += loss[0]!
        const due = this.#garbage.add(this.#spareParams.byteLength + this.#spareState.byteLength)
        if (due !== undefined) await due
      }
    } finally {
      // after an odd number of steps, or a failure in a step back, the newest whole vectors are the spare ones
      if (steps % 2 === 1) settle()
    }

    return { steps, lossSum }
  }

  /** What comes back is seen by no function that goes on for long, see {@link RunGarbage}. */
  #step({ feeds, fetches }: Pass): Promise<unknown> {
    return this.#session.run(feeds, fetches).then(drop)
  }

  #feeds(params: Float32Array, state: Float32Array): Tensors {
    return {
      ...this.#ports.feeds,
      ...inputViews(this.#ort, params, this.#program.params),
      ...inputViews(this.#ort, state, this.#program.state)
    }
  }

  #fetches(params: Float32Array, state: Float32Array): Tensors {
    return {
      [this.#program.loss.name]: this.#ports.loss.tensor,
      ...outputViews(this.#ort, params, this.#program.params),
      ...outputViews(this.#ort, state, this.#program.state)
    }
  }
}

async function create(device: Device, init: ExecutorInit): Promise<StepExecutor> {
  const session = await init.ort.InferenceSession.create(init.program.onnx, sessionOptions(device, init.options))

  return new HostStep(session, init)
}

export function createHostStep(init: ExecutorInit): Promise<StepExecutor> {
  return create('cpu', init)
}

/** onnxruntime's Node binding has no CUDA tensors: vectors cross the bus in every step, which large batches hide. */
export function createCudaStep(init: ExecutorInit): Promise<StepExecutor> {
  return create('cuda', init)
}

function drop(): void {}
