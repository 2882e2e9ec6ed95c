import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DeviceStatus } from './devices.ts'

/** Folder of onnxruntime-node's native files for this platform; undefined where the package is not installed. */
export function nativeFolder(): string | undefined {
  try {
    const main = fileURLToPath(import.meta.resolve('onnxruntime-node')) // .../dist/index.js
    return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch)
  } catch {
    return undefined
  }
}

export async function probeNative(): Promise<DeviceStatus> {
  const folder = nativeFolder()
  if (folder !== undefined && existsSync(join(folder, 'onnxruntime_binding.node'))) {
    return { device: 'cpu', available: true, software: false, ...named(cpus()[0]?.model.trim()) }
  }

  return {
    device: 'cpu',
    available: false,
    reason: `onnxruntime-node has no native library for ${process.platform}-${process.arch}`,
    remedy: 'Use --device wasm, which runs everywhere.'
  }
}

export async function probeWasm(): Promise<DeviceStatus> {
  try {
    import.meta.resolve('onnxruntime-web')
    return { device: 'wasm', available: true, software: false, ...named(cpus()[0]?.model.trim()) }
  } catch {
    return {
      device: 'wasm',
      available: false,
      reason: 'the package onnxruntime-web is not installed',
      remedy: 'Install Starling again with all its dependencies.'
    }
  }
}

function named(adapter: string | undefined): { adapter?: string } {
  return adapter ? { adapter } : {}
}
