import type { InferenceSession } from 'onnxruntime-node'
import type { EvaluateProgram } from '../program.ts'
import type { Device } from './device.ts'
import { floatSlot, frozenViews, inputViews, intSlot, slot, type Tensors } from './feeds.ts'
import { type Runtime, sessionOptions, type ThreadOptions } from './runtime.ts'
import { createUploader } from './upload.ts'

export interface EvaluateInit {
  readonly ort: Runtime
  readonly program: EvaluateProgram
  readonly options: ThreadOptions
}

export interface EvaluateRequest {
  /** How many examples in all. */
  readonly count: number
  /** Writes example number `ordinal`, 0 to count - 1, into place `row` of the executor's buffers. */
  fill(ordinal: number, row: number): void
  /** Asked between batches. */
  aborted(): boolean
}

export interface EvaluateResult {
  /** Examples seen; fewer than asked for when aborted. */
  readonly examples: number
  /** Sum of their losses, in nats. */
  readonly lossSum: number
  /** How many were right; a fraction for sequences. */
  readonly correct: number
}

export interface BoundEvaluate {
  run(request: EvaluateRequest): Promise<EvaluateResult>
}

/** Loss and right answers of a batch, forward only; shared by all trainers of the same graph, one run at a time. */
export interface EvaluateExecutor {
  readonly x: Float32Array | Int32Array
  readonly labels: Int32Array
  /** Both only read: `params` of length dim, `frozen` of length frozenDim, which is needed when that is not 0. */
  bind(params: Float32Array, frozen?: Float32Array): BoundEvaluate
  release(): Promise<void>
}

/** Compiles the program; a count that is no multiple of the batch ends in a batch whose spare rows weigh nothing. */
export async function createEvaluate(
  device: Device,
  { ort, program, options }: EvaluateInit
): Promise<EvaluateExecutor> {
  const session = await ort.InferenceSession.create(program.onnx, sessionOptions(device, options))
  const x = slot(ort, program.x)
  const labels = intSlot(ort, program.labels)
  const weights = floatSlot(ort, program.weights)
  const uploader =
    device === 'webgpu'
      ? await createUploader({ ort, ports: [...program.params, ...program.frozen], options })
      : undefined
  const batch = {
    [program.x.name]: x.tensor,
    [program.labels.name]: labels.tensor,
    [program.weights.name]: weights.tensor
  }

  return {
    x: x.array,
    labels: labels.array,
    bind: (params, frozen) => {
      const feeds = {
        ...batch,
        ...inputViews(ort, params, program.params),
        ...frozenViews(ort, frozen, program)
      }

      return {
        run: async (request) => {
          const uploaded = await uploader?.upload(feeds)
          try {
            const all = { ...feeds, ...uploaded?.tensors }
            return await run({ session, program, feeds: all, weights: weights.array }, request)
          } finally {
            uploaded?.dispose()
          }
        }
      }
    },
    release: async () => {
      await session.release()
      await uploader?.release()
    }
  }
}

interface Pass {
  readonly session: InferenceSession
  readonly program: EvaluateProgram
  readonly feeds: Tensors
  readonly weights: Float32Array
}

async function run({ session, program, feeds, weights }: Pass, request: EvaluateRequest): Promise<EvaluateResult> {
  let lossSum = 0
  let correct = 0
  let examples = 0

  while (examples < request.count && !request.aborted()) {
    const rows = Math.min(program.batchSize, request.count - examples)
    for (let row = 0; row < rows; row++) request.fill(examples + row, row)
    weights.fill(1, 0, rows).fill(0, rows)

    const outputs = await session.run(feeds)
    lossSum += scalar(outputs, program.lossSum.name)
    correct += scalar(outputs, program.correct.name)
    examples += rows
  }

  return { examples, lossSum, correct }
}

function scalar(outputs: InferenceSession.ReturnType, name: string): number {
  return (outputs[name]!.data as Float32Array)[0]!
}
