import type { Device } from './device.ts'
import { type DeviceStatus, probeDevice } from './devices.ts'
import { hasGpuDevice } from './vulkan-files.ts'

/** What `auto` chooses from. */
export interface UsableDevices {
  /** Never a software adapter. One alone needs no timing. */
  readonly candidates: readonly Device[]
  /** Where the candidates fail after all. */
  readonly fallback: Device
}

/** A Linux machine that shows no graphics device is not searched further: a node there starts at once. */
export async function usableDevices(): Promise<UsableDevices> {
  const gpus: readonly Device[] = process.platform === 'linux' && !hasGpuDevice() ? [] : ['cuda', 'webgpu']

  return selectDevices(await Promise.all([...gpus, 'cpu' as const].map(probeDevice)))
}

/** The device to choose when all are equal comes last: `cpu`, whose timing is the most certain. */
export function selectDevices(statuses: readonly DeviceStatus[]): UsableDevices {
  const candidates = statuses.filter((status) => status.available && !status.software).map(({ device }) => device)

  return { candidates: candidates.length > 0 ? candidates : ['wasm'], fallback: 'wasm' }
}
