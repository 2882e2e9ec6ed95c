import { VectorHeap } from '../math/vector-heap.ts'
import { usableDevices } from '../train/engine/auto.ts'
import type { Device, DeviceChoice } from '../train/engine/device.ts'
import { createEngine } from '../train/engine/engine.ts'
import type { Job } from './job.ts'
import { openTrainer } from './training.ts'

export { type Device, type DeviceChoice, parseDevice } from '../train/engine/device.ts'

/**
 * Settles "auto" for a whole swarm, by a step of the job's own model on each
 * usable device; checks that a device asked for by name is there.
 *
 * @throws {CodedError} ERR_DEVICE_UNAVAILABLE, with what to install
 */
export async function settleDevice(choice: DeviceChoice, job: Job): Promise<Device> {
  if (choice === 'auto') {
    const { candidates } = await usableDevices()
    const [only] = candidates
    if (candidates.length === 1 && only !== undefined) return only
  }

  const engine = await createEngine({ device: choice })
  try {
    if (choice !== 'auto') return choice
    const share = { kind: 'slice', index: 0 } as const

    return (await openTrainer(engine, { job, share, vectors: new VectorHeap() })).device
  } finally {
    await engine.close()
  }
}
