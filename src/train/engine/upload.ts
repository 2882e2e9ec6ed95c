import type { Tensor } from 'onnxruntime-node'
import { writeOnnx } from '../graph/onnx-writer.ts'
import type { FlatPort } from '../program.ts'
import type { Tensors } from './feeds.ts'
import { type Runtime, sessionOptions, type ThreadOptions } from './runtime.ts'

/** Tensors on the GPU; `dispose` exactly once, after their last use. */
export interface Uploaded {
  readonly tensors: Tensors
  dispose(): void
}

/** Copies tensors to the GPU, so that runs that only read them need not each do it again. */
export interface Uploader {
  /** `feeds` by the names of the ports; others are left out. */
  upload(feeds: Tensors): Promise<Uploaded>
  release(): Promise<void>
}

interface UploaderInit {
  readonly ort: Runtime
  readonly ports: readonly FlatPort[]
  readonly options: ThreadOptions
}

/** By a graph that copies, with its outputs left on the GPU: the binding has no plain upload. */
export async function createUploader({ ort, ports, options }: UploaderInit): Promise<Uploader> {
  const outputOf = (input: string): string => `${input}.uploaded`
  const names = ports.map(({ input }) => input)
  const onnx = writeOnnx({
    nodes: names.map((input) => ({ op: 'Identity', inputs: [input], outputs: [outputOf(input)], attributes: {} })),
    initializers: [],
    inputs: ports.map(({ input, shape }) => ({ name: input, type: 'float32', shape })),
    outputs: ports.map(({ input, shape }) => ({ name: outputOf(input), type: 'float32', shape }))
  })
  const preferredOutputLocation = Object.fromEntries(names.map((name) => [outputOf(name), 'gpu-buffer' as const]))
  const session = await ort.InferenceSession.create(onnx, {
    ...sessionOptions('webgpu', options),
    preferredOutputLocation
  })

  return {
    async upload(feeds) {
      const outputs = await session.run(Object.fromEntries(names.map((name) => [name, feeds[name]!])))
      const tensors = Object.fromEntries(names.map((name) => [name, outputs[outputOf(name)] as Tensor]))

      return {
        tensors,
        dispose: () => {
          for (const tensor of Object.values(tensors)) tensor.dispose()
        }
      }
    },
    release: () => session.release()
  }
}
