/** Child process: exit code 0 says that the provider named on the command line runs a graph. */
import { writeOnnx } from '../graph/onnx-writer.ts'
import { type Device, parseDevice } from './device.ts'
import { loadRuntime, sessionOptions } from './runtime.ts'

const VECTOR = { type: 'float32', shape: [4] } as const

async function main(device: Device): Promise<void> {
  const options = { threads: 1, spin: false }
  const ort = await loadRuntime(device, options)
  const onnx = writeOnnx({
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'], attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', ...VECTOR }],
    outputs: [{ name: 'y', ...VECTOR }]
  })
  const session = await ort.InferenceSession.create(onnx, sessionOptions(device, options))
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) })
  await session.release()
  if ((y!.data as Float32Array)[3] !== 8) throw new Error(`${device}: 4 + 4 is not ${(y!.data as Float32Array)[3]}`)
}

const device = parseDevice(process.argv[2] ?? '')
if (device === 'auto') throw new Error('name one device')
await main(device)
