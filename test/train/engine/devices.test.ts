import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { selectDevices } from '../../../src/train/engine/auto.ts'
import { DEVICES, parseDevice } from '../../../src/train/engine/device.ts'
import { type DeviceStatus, probeDevice } from '../../../src/train/engine/devices.ts'
import { createEngine } from '../../../src/train/engine/engine.ts'
import { readAdapter } from '../../../src/train/engine/probe-webgpu.ts'
import { vulkanManifests } from '../../../src/train/engine/vulkan-files.ts'

const usable = (device: DeviceStatus['device'], software = false): DeviceStatus => ({
  device,
  available: true,
  software
})
const missing = (device: DeviceStatus['device']): DeviceStatus => ({
  device,
  available: false,
  reason: 'not here',
  remedy: 'install it'
})

describe('auto', () => {
  test.each([
    { id: 'hardware competes', statuses: [usable('webgpu'), usable('cpu')], candidates: ['webgpu', 'cpu'] },
    { id: 'never a software adapter', statuses: [usable('webgpu', true), usable('cpu')], candidates: ['cpu'] },
    { id: 'what is missing is left out', statuses: [missing('cuda'), usable('cpu')], candidates: ['cpu'] },
    { id: 'wasm where nothing native is', statuses: [usable('webgpu', true), missing('cpu')], candidates: ['wasm'] }
  ])('$id', ({ statuses, candidates }) => {
    expect(selectDevices(statuses)).toEqual({ candidates, fallback: 'wasm' })
  })
})

describe('the adapter', () => {
  const loader = (name: string): string => `DRIVER:   Using "${name}" with driver: "libvulkan_x.so"\nanother line`

  test.each([
    { output: loader('llvmpipe (LLVM 15.0.6, 256 bits)'), software: true },
    { output: loader('SwiftShader Device (LLVM 10.0.0)'), software: true },
    { output: loader('NVIDIA GeForce RTX 4090'), software: false },
    { output: loader('AMD Radeon RX 7900 XTX (RADV NAVI31)'), software: false }
  ])('software $software: $output', ({ output, software }) => {
    const name = /"([^"]+)"/.exec(output)![1]
    expect(readAdapter(output, true)).toEqual({ adapter: name, software })
  })

  test.runIf(process.platform === 'linux')('is software where the kernel shows no graphics device', () => {
    expect(readAdapter('', false)).toEqual({ software: true })
    expect(readAdapter('', true)).toEqual({ software: false })
  })
})

test('Vulkan drivers are looked for where the loader looks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-vulkan-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'vulkan/icd.d'), { recursive: true })
  const manifest = join(folder, 'vulkan/icd.d/some_icd.json')
  writeFileSync(manifest, '{}')

  expect(vulkanManifests({ XDG_DATA_HOME: folder })).toContain(manifest)
  expect(vulkanManifests({ VK_DRIVER_FILES: `/nowhere.json:${manifest}` })).toEqual([manifest])
  expect(vulkanManifests({ VK_DRIVER_FILES: '/nowhere.json' })).toEqual([])
})

describe('asking for a device', () => {
  test.each([...DEVICES, 'auto'] as const)('%s is understood', (device) => {
    expect(parseDevice(device)).toBe(device)
  })

  test('an unknown one is refused with the known ones', () => {
    expect(() => parseDevice('gpu')).toThrow(/auto, cpu, wasm, webgpu, cuda/)
  })

  test('a missing one is refused with what to do', async ({ skip }) => {
    const status = await probeDevice('cuda')
    if (status.available) return skip('this machine has CUDA')

    await expect(createEngine({ device: 'cuda' })).rejects.toMatchObject({
      code: 'ERR_DEVICE_UNAVAILABLE',
      message: `device cuda: ${status.reason}. ${status.remedy}`
    })
  })

  test('threads must be a number of threads', async () => {
    await expect(createEngine({ device: 'cpu', threads: 0 })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
  })
})
