import { locks } from 'node:worker_threads'
import { CodedError } from '../../interface/errors.ts'
import type { Device } from './device.ts'

const LOCK = 'starling:gpu'

/**
 * Makes this thread the process's one owner of the GPU until it ends: two
 * threads on onnxruntime's WebGPU provider crash the process
 * (github.com/microsoft/onnxruntime, issues 27592 and 32561).
 *
 * The lock is Node's own, held across threads and freed by the end of the
 * owner; Node before 24.5 has none, and there it is for the caller to mind.
 *
 * @throws {CodedError} ERR_GPU_BUSY when another thread has it
 */
export async function ownGpu(device: Device): Promise<void> {
  if (device !== 'webgpu' || locks === undefined) return

  const held = await new Promise<boolean>((resolve, reject) => {
    const keep = (lock: unknown): Promise<void> | undefined => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise(() => undefined)
    }
    locks.request(LOCK, { ifAvailable: true }, keep).catch(reject)
  })
  if (!held) throw new CodedError('ERR_GPU_BUSY', 'another engine of this process already uses the GPU')
}
