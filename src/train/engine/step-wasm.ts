import type { InferenceSession } from 'onnxruntime-node'
import type { FlatPort } from '../program.ts'
import { frozenViews, inputViews, outputName, type Tensors } from './feeds.ts'
import { RunGarbage } from './run-garbage.ts'
import { type Runtime, sessionOptions } from './runtime.ts'
import type { BoundStep, ExecutorInit, StepExecutor, StepRequest, StepResult, StepVectors } from './step.ts'
import { createStepPorts, type StepPorts } from './step-ports.ts'

/**
 * Steps in onnxruntime-web's own memory: it copies inputs in, and what it
 * returns is copied back over the model. Prepared outputs would be accepted
 * without an error, and stay zero.
 */
class WasmStep implements StepExecutor {
  readonly #ort: Runtime
  readonly #session: InferenceSession
  readonly #program: ExecutorInit['program']
  readonly #ports: StepPorts
  readonly #garbage = new RunGarbage()

  constructor(session: InferenceSession, { ort, program }: ExecutorInit) {
    this.#ort = ort
    this.#session = session
    this.#program = program
    this.#ports = createStepPorts(ort, program)
  }

  get x(): Float32Array | Int32Array {
    return this.#ports.x.array
  }

  get labels(): Int32Array {
    return this.#ports.labels.array
  }

  bind({ params, state, frozen }: StepVectors): BoundStep {
    const feeds = {
      ...this.#ports.feeds,
      ...inputViews(this.#ort, params, this.#program.params),
      ...inputViews(this.#ort, state, this.#program.state),
      ...frozenViews(this.#ort, frozen, this.#program)
    }
    const keep = (outputs: InferenceSession.ReturnType): void => {
      copyOutputs(outputs, this.#program.params, params)
      copyOutputs(outputs, this.#program.state, state)
    }

    return { run: (request) => this.#run(request, feeds, keep) }
  }

  async release(): Promise<void> {
    await this.#session.release()
  }

  async #run(
    request: StepRequest,
    feeds: Tensors,
    keep: (outputs: InferenceSession.ReturnType) => void
  ): Promise<StepResult> {
    const { layout, stateDim } = this.#program
    const bytes = (layout.dim + stateDim) * Float32Array.BYTES_PER_ELEMENT
    let lossSum = 0
    let steps = 0

    for (let last = false; !last; steps++) {
      last = request.fill()
      this.#ports.prepare(request, steps)
      lossSum += await this.#step(feeds, keep)
      const due = this.#garbage.add(bytes)
      if (due !== undefined) await due
    }

    return { steps, lossSum }
  }

  /** @returns the loss; the arrays are seen by no function that goes on for long, see {@link RunGarbage} */
  #step(feeds: Tensors, keep: (outputs: InferenceSession.ReturnType) => void): Promise<number> {
    return this.#session.run(feeds).then((outputs) => {
      keep(outputs)

      return (outputs[this.#program.loss.name]!.data as Float32Array)[0]!
    })
  }
}

function copyOutputs(outputs: InferenceSession.ReturnType, ports: readonly FlatPort[], flat: Float32Array): void {
  for (const port of ports) flat.set(outputs[outputName(port)]!.data as Float32Array, port.offset)
}

export async function createWasmStep(init: ExecutorInit): Promise<StepExecutor> {
  const session = await init.ort.InferenceSession.create(init.program.onnx, sessionOptions('wasm', init.options))

  return new WasmStep(session, init)
}
