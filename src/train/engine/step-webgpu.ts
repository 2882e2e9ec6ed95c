import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { frozenViews, inputViews, outputName, outputViews, type Tensors } from './feeds.ts'
import { type Runtime, sessionOptions } from './runtime.ts'
import type { BoundStep, ExecutorInit, StepExecutor, StepRequest, StepResult, StepVectors } from './step.ts'
import { createStepPorts, type StepPorts } from './step-ports.ts'
import { createUploader, type Uploader } from './upload.ts'

interface Sessions {
  /** Leaves params and state on the GPU. */
  readonly resident: InferenceSession
  /** The same graph with its results in our memory: the last step of a request, and the way to read back. */
  readonly final: InferenceSession
  /** For the frozen tensors; absent when there are none. */
  readonly uploader?: Uploader
}

interface Vectors {
  readonly hostFeeds: Tensors
  readonly fetches: Tensors
  settle(): void
}

/**
 * Steps on a GPU: the first step of a request uploads the vectors, the ones
 * between keep them in GPU buffers, the last one brings them home; frozen
 * tensors are uploaded once a request. Reading a
 * GPU tensor's data in any other way (`getData`) aborts the process.
 */
class WebgpuStep implements StepExecutor {
  readonly #ort: Runtime
  readonly #sessions: Sessions
  readonly #program: ExecutorInit['program']
  readonly #ports: StepPorts
  readonly #spareParams: Float32Array
  readonly #spareState: Float32Array
  /** Output of one step to the input of the next. */
  readonly #inputOf: ReadonlyMap<string, string>
  readonly #fetches: Tensors

  constructor(sessions: Sessions, { ort, program }: ExecutorInit) {
    this.#ort = ort
    this.#sessions = sessions
    this.#program = program
    this.#ports = createStepPorts(ort, program)
    this.#spareParams = new Float32Array(program.layout.dim)
    this.#spareState = new Float32Array(program.stateDim)
    this.#inputOf = new Map([...program.params, ...program.state].map((port) => [outputName(port), port.input]))
    this.#fetches = {
      [program.loss.name]: this.#ports.loss.tensor,
      ...outputViews(ort, this.#spareParams, program.params),
      ...outputViews(ort, this.#spareState, program.state)
    }
  }

  get x(): Float32Array | Int32Array {
    return this.#ports.x.array
  }

  get labels(): Int32Array {
    return this.#ports.labels.array
  }

  bind({ params, state, frozen }: StepVectors): BoundStep {
    const vectors: Vectors = {
      hostFeeds: {
        ...this.#ports.feeds,
        ...inputViews(this.#ort, params, this.#program.params),
        ...inputViews(this.#ort, state, this.#program.state),
        ...frozenViews(this.#ort, frozen, this.#program)
      },
      fetches: this.#fetches,
      settle: () => {
        params.set(this.#spareParams)
        state.set(this.#spareState)
      }
    }

    return { run: (request) => this.#run(request, vectors) }
  }

  async release(): Promise<void> {
    await this.#sessions.resident.release()
    await this.#sessions.final.release()
    await this.#sessions.uploader?.release()
  }

  async #run(request: StepRequest, vectors: Vectors): Promise<StepResult> {
    let onGpu: Tensor[] = []
    const constants = await this.#sessions.uploader?.upload(vectors.hostFeeds)
    let feeds = { ...vectors.hostFeeds, ...constants?.tensors }
    let lossSum = 0
    let steps = 0

    try {
      for (let last = request.fill(); !last; last = request.fill()) {
        this.#ports.prepare(request, steps++)
        const outputs = await this.#sessions.resident.run(feeds)
        lossSum += (outputs[this.#program.loss.name]!.data as Float32Array)[0]!
        dispose(onGpu)
        feeds = { ...this.#next(outputs), ...constants?.tensors }
        onGpu = [...this.#inputOf.values()].map((input) => feeds[input]!)
      }
      this.#ports.prepare(request, steps++)
      await this.#sessions.final.run(feeds, vectors.fetches)
      lossSum += this.#ports.loss.array[0]!
    } finally {
      dispose(onGpu)
      constants?.dispose()
    }
    vectors.settle()

    return { steps, lossSum }
  }

  #next(outputs: InferenceSession.ReturnType): Tensors {
    const feeds = { ...this.#ports.feeds }
    for (const [output, input] of this.#inputOf) feeds[input] = outputs[output] as Tensor

    return feeds
  }
}

function dispose(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose()
}

export async function createWebgpuStep(init: ExecutorInit): Promise<StepExecutor> {
  const { InferenceSession } = init.ort
  const { onnx, params, state, frozen } = init.program
  const options = sessionOptions('webgpu', init.options)
  const onGpu = Object.fromEntries([...params, ...state].map((port) => [outputName(port), 'gpu-buffer' as const]))
  const resident = await InferenceSession.create(onnx, { ...options, preferredOutputLocation: onGpu })
  const open: { release(): Promise<void> }[] = [resident]
  try {
    const final = await InferenceSession.create(onnx, options)
    open.push(final)
    if (frozen.length === 0) return new WebgpuStep({ resident, final }, init)

    const uploader = await createUploader({ ort: init.ort, ports: frozen, options: init.options })
    return new WebgpuStep({ resident, final, uploader }, init)
  } catch (error) {
    for (const session of open) await session.release()
    throw error
  }
}
