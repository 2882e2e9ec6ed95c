import type { FeaturesProgram } from '../program.ts'
import type { Device } from './device.ts'
import { frozenViews, inputViews, slot } from './feeds.ts'
import { type Runtime, sessionOptions, type ThreadOptions } from './runtime.ts'

export interface FeaturesInit {
  readonly ort: Runtime
  readonly program: FeaturesProgram
  readonly options: ThreadOptions
}

export interface FeaturesRequest {
  readonly params: Float32Array
  /** Needed when the program has frozen tensors. */
  readonly frozen?: Float32Array
  /** How many examples in all. */
  readonly count: number
  /** Writes example number `ordinal`, 0 to count - 1, into place `row` of the executor's buffer. */
  fill(ordinal: number, row: number): void
  /** Asked between batches. */
  aborted(): boolean
}

/** What goes into the output layer; shared by all trainers of the same graph, one run at a time. */
export interface FeaturesExecutor {
  readonly x: Float32Array | Int32Array
  /** @returns shape (count, width); undefined when aborted */
  run(request: FeaturesRequest): Promise<Float32Array | undefined>
  release(): Promise<void>
}

/** Compiles the program; the spare rows of a last batch that is not full are computed and left out. */
export async function createFeatures(
  device: Device,
  { ort, program, options }: FeaturesInit
): Promise<FeaturesExecutor> {
  const session = await ort.InferenceSession.create(program.onnx, sessionOptions(device, options))
  const x = slot(ort, program.x)
  const [batchSize, width] = program.features.shape as [number, number]

  return {
    x: x.array,
    run: async ({ params, frozen, count, fill, aborted }) => {
      const feeds = {
        [program.x.name]: x.tensor,
        ...inputViews(ort, params, program.params),
        ...frozenViews(ort, frozen, program)
      }
      const out = new Float32Array(count * width)
      for (let from = 0; from < count; from += batchSize) {
        if (aborted()) return undefined

        const rows = Math.min(batchSize, count - from)
        for (let row = 0; row < rows; row++) fill(from + row, row)
        const outputs = await session.run(feeds)
        const features = outputs[program.features.name]!.data as Float32Array
        out.set(features.subarray(0, rows * width), from * width)
      }

      return out
    },
    release: () => session.release()
  }
}
