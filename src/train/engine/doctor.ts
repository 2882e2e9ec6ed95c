import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Device } from './device.ts'
import { type DeviceStatus, probeDevices } from './devices.ts'
import { createEngine } from './engine.ts'
import type { Measurement } from './messages.ts'
import { judge, type Verdict } from './verdicts.ts'

/** A usable device's speed, or why its measurement failed. */
export type DeviceMeasurement =
  | Measurement
  | { readonly device: Device; readonly code: string; readonly message: string }

export interface DoctorReport {
  readonly node: string
  /** `linux-x64` */
  readonly platform: string
  readonly processor: { readonly name: string; readonly cores: number }
  readonly memoryBytes: number
  /** Versions of the packages; absent where not installed. */
  readonly onnxruntime: { readonly node?: string; readonly web?: string }
  readonly devices: readonly DeviceStatus[]
  /** Of every usable device, one after the other. */
  readonly measurements: readonly DeviceMeasurement[]
  readonly verdicts: readonly Verdict[]
}

export interface DoctorOptions {
  /** How long to train on each usable device; 0 measures nothing. @default 1 */
  readonly seconds?: number
}

/** Looks at everything that training here depends on. Never rejects because of what it finds. */
export async function doctorReport({ seconds = 1 }: DoctorOptions = {}): Promise<DoctorReport> {
  const devices = await probeDevices()
  const measurements: DeviceMeasurement[] = []
  for (const { device, available } of devices) {
    // one at a time: they would share the processor
    if (available && seconds > 0) measurements.push(await measureDevice(device, seconds))
  }
  const facts = {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    processor: { name: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism() },
    memoryBytes: totalmem(),
    onnxruntime: {
      ...versionOf('node', 'onnxruntime-node'),
      ...versionOf('web', 'onnxruntime-web')
    },
    devices,
    measurements
  }

  return { ...facts, verdicts: judge(facts) }
}

/** Trains the default MLP on noise for about `seconds` on one thread, in an engine of its own. */
export async function measureDevice(device: Device, seconds: number): Promise<DeviceMeasurement> {
  try {
    const engine = await createEngine({ device })
    try {
      return await engine.measure(seconds)
    } finally {
      await engine.close()
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'ERR_ENGINE_FAILED'
    return { device, code, message: error instanceof Error ? error.message : String(error) }
  }
}

function versionOf<K extends string>(key: K, name: string): { [P in K]?: string } {
  try {
    // the main file lies in `dist`
    const folder = join(dirname(fileURLToPath(import.meta.resolve(name))), '..')
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { [key]: version } as { [P in K]?: string }
  } catch {
    return {}
  }
}
