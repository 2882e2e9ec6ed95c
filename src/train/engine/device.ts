import { InvalidConfigError } from '../../interface/errors.ts'

/**
 * Where a step runs. `cpu`: onnxruntime-node's native kernels. `wasm`:
 * onnxruntime-web, slower; with one thread its results are the same to the
 * last bit on every machine. `webgpu`: any vendor's GPU. `cuda`: NVIDIA's,
 * where onnxruntime's CUDA library is installed.
 */
export type Device = 'cpu' | 'wasm' | 'webgpu' | 'cuda'
/** `auto` times one step on each usable device and keeps the fastest, never a software adapter. */
export type DeviceChoice = Device | 'auto'

export const DEVICES: readonly Device[] = Object.freeze(['cpu', 'wasm', 'webgpu', 'cuda'] as const)

/** @throws {InvalidConfigError} for any other word */
export function parseDevice(text: string): DeviceChoice {
  const known: readonly DeviceChoice[] = ['auto', ...DEVICES]
  const device = known.find((candidate) => candidate === text)
  if (device === undefined)
    throw new InvalidConfigError(`unknown device "${text}", expected one of: ${known.join(', ')}`)

  return device
}
