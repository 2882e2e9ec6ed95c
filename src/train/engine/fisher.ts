import type { InferenceSession } from 'onnxruntime-node'
import type { FisherProgram } from '../program.ts'
import type { Device } from './device.ts'
import { frozenViews, inputViews, outputName, slot, type Tensors } from './feeds.ts'
import { RunGarbage } from './run-garbage.ts'
import { type Runtime, sessionOptions, type ThreadOptions } from './runtime.ts'
import { createUploader } from './upload.ts'

export interface FisherInit {
  readonly ort: Runtime
  readonly program: FisherProgram
  readonly options: ThreadOptions
}

export interface FisherRun {
  /** Shape (dim), only read. */
  readonly params: Float32Array
  /** Needed when the program has frozen tensors. */
  readonly frozen?: Float32Array
  /** How many examples in all. */
  readonly count: number
  /** Writes example number `ordinal`, 0 to count - 1, into place `row` of the executor's buffer. */
  fill(ordinal: number, row: number): void
  /** Next uniform number from [0, 1); asked in the order of the examples, once a position, for sampled labels. */
  uniform(): number
  /** Asked between runs. */
  aborted(): boolean
}

/** Sums of squared gradients; shared by all trainers of the same graph, one run at a time. */
export interface FisherExecutor {
  readonly x: Float32Array | Int32Array
  /** @returns the mean over examples, shape (dim), a new vector; undefined when aborted */
  run(request: FisherRun): Promise<Float32Array | undefined>
  release(): Promise<void>
}

/** Compiles the program. Runs of few numbers are added up in float64: thousands of small squares would vanish in a large one. */
export async function createFisher(device: Device, { ort, program, options }: FisherInit): Promise<FisherExecutor> {
  const session = await ort.InferenceSession.create(program.onnx, sessionOptions(device, options))
  const ports = [...program.params, ...program.frozen]
  const uploader = device === 'webgpu' ? await createUploader({ ort, ports, options }) : undefined
  const x = slot(ort, program.x)
  const choices = slot(ort, program.choices)
  const garbage = new RunGarbage()
  const batch = { [program.x.name]: x.tensor, [program.choices.name]: choices.tensor }

  return {
    x: x.array,
    run: async (request) => {
      const { params, frozen } = request
      const feeds = { ...batch, ...inputViews(ort, params, program.params), ...frozenViews(ort, frozen, program) }
      const uploaded = await uploader?.upload(feeds)
      try {
        return await run(
          { session, program, choices: choices.array, feeds: { ...feeds, ...uploaded?.tensors }, garbage },
          request
        )
      } finally {
        uploaded?.dispose()
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
  readonly program: FisherProgram
  readonly choices: Float32Array | Int32Array
  readonly feeds: Tensors
  readonly garbage: RunGarbage
}

async function run(
  { session, program, choices, feeds, garbage }: Pass,
  request: FisherRun
): Promise<Float32Array | undefined> {
  const { batchSize, passes, passesPerExample, layout } = program
  const { count, uniform } = request
  const sums = new Float64Array(layout.dim)

  for (let from = 0; from < count; from += batchSize) {
    const rows = Math.min(batchSize, count - from)
    for (let row = 0; row < rows; row++) request.fill(from + row, row)
    for (let pass = 0; pass < passesPerExample; pass += passes) {
      if (request.aborted()) return undefined

      if (choices instanceof Int32Array) chooseAll(choices, { rows, from: pass, passesPerExample, batchSize })
      else chooseSome(choices, { rows, batchSize, uniform })
      await session.run(feeds).then((outputs) => addOutputs(outputs, program, sums)) // not seen here, see RunGarbage
      const due = garbage.add(layout.dim * Float32Array.BYTES_PER_ELEMENT)
      if (due !== undefined) await due
    }
  }

  const mean = new Float32Array(sums.length)
  for (let i = 0; i < mean.length; i++) mean[i] = sums[i]! / count

  return mean
}

const NONE = -1

/** Pass i takes label `from + i` of every example. */
function chooseAll(
  choices: Int32Array,
  {
    rows,
    from,
    passesPerExample,
    batchSize
  }: { rows: number; from: number; passesPerExample: number; batchSize: number }
): void {
  choices.fill(NONE)
  for (let start = 0, label = from; start < choices.length && label < passesPerExample; start += batchSize, label++) {
    choices.fill(label, start, start + rows)
  }
}

function chooseSome(
  choices: Float32Array,
  { rows, batchSize, uniform }: { rows: number; batchSize: number; uniform: () => number }
): void {
  const used = rows * (choices.length / batchSize)
  choices.fill(NONE, used)
  for (let i = 0; i < used; i++) choices[i] = uniform()
}

function addOutputs(outputs: InferenceSession.ReturnType, { squares }: FisherProgram, sums: Float64Array): void {
  for (const port of squares) {
    const values = outputs[outputName(port)]!.data as Float32Array
    for (let i = 0; i < values.length; i++) sums[port.offset + i]! += values[i]!
  }
}
