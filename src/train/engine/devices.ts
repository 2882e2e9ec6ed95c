import type { Device } from './device.ts'
import { DEVICES } from './device.ts'
import { probeCuda } from './probe-cuda.ts'
import { probeNative, probeWasm } from './probe-package.ts'
import { probeWebgpu } from './probe-webgpu.ts'

/** Whether a device can be used here and now, or why not and what to do about it. */
export type DeviceStatus =
  | {
      readonly device: Device
      readonly available: true
      /** The processor or graphics card, as its driver calls it; absent where nobody says. */
      readonly adapter?: string
      /** It emulates a GPU on the CPU: good for tests of correctness only. */
      readonly software: boolean
    }
  | { readonly device: Device; readonly available: false; readonly reason: string; readonly remedy: string }

const probes: Record<Device, () => Promise<DeviceStatus>> = {
  cpu: probeNative,
  wasm: probeWasm,
  webgpu: probeWebgpu,
  cuda: probeCuda
}

/** Files first; a GPU provider is then tried out in a process of its own, whose crash or chatter harms nobody. */
export function probeDevice(device: Device): Promise<DeviceStatus> {
  return probes[device]()
}

export function probeDevices(): Promise<DeviceStatus[]> {
  return Promise.all(DEVICES.map(probeDevice))
}
