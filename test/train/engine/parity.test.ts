import { beforeAll, describe, expect, test } from 'vitest'
import type { Device } from '../../../src/train/engine/device.ts'
import { type DeviceStatus, probeDevice } from '../../../src/train/engine/devices.ts'
import { blobTrainer, startEngine, writeBlobs } from './blobs.ts'

const STEPS = 50
const TOLERANCE = 1e-3
const SLOW_MS = 120_000 // a software adapter compiles every shader, on a busy machine

/** Loss before each step, in two kinds of request: one step, and several with the vectors left on the device. */
async function lossCurve(device: Device, data: string): Promise<number[]> {
  const engine = await startEngine({ device })
  const trainer = await engine.createTrainer(blobTrainer(data, { optimiser: { name: 'adamw' } }))
  const curve: number[] = []
  for (let done = 0; done < STEPS; done += 5) {
    for (let step = 0; step < 2; step++) curve.push((await trainer.train(1, { learningRate: 0.01 })).loss)
    curve.push((await trainer.train(3, { learningRate: 0.01 })).loss)
  }
  const { loss, accuracy } = await trainer.evaluate()

  return [...curve, loss, accuracy]
}

function expectClose(curve: readonly number[], reference: readonly number[]): void {
  expect(reference.at(-2)).toBeLessThan(reference[0]! / 1.5)
  for (const [i, loss] of reference.entries()) expect(Math.abs(curve[i]! - loss)).toBeLessThan(TOLERANCE)
}

describe('the same training on another device', () => {
  let webgpu: DeviceStatus
  beforeAll(async () => {
    webgpu = await probeDevice('webgpu')
  })

  test('wasm follows cpu', { timeout: SLOW_MS }, async () => {
    const data = writeBlobs()

    expectClose(await lossCurve('wasm', data), await lossCurve('cpu', data))
  })

  test('wasm repeats to the last bit', { timeout: SLOW_MS }, async () => {
    const data = writeBlobs()

    expect(await lossCurve('wasm', data)).toEqual(await lossCurve('wasm', data))
  })

  test('webgpu follows cpu', { timeout: SLOW_MS }, async ({ skip }) => {
    if (!webgpu.available) return skip(`no WebGPU: ${webgpu.reason}. ${webgpu.remedy}`)
    const data = writeBlobs()

    expectClose(await lossCurve('webgpu', data), await lossCurve('cpu', data))
  })

  test('webgpu has one owner in a process', { timeout: SLOW_MS }, async ({ skip }) => {
    if (!webgpu.available) return skip(`no WebGPU: ${webgpu.reason}`)
    const data = writeBlobs()
    const [owner, second] = [await startEngine({ device: 'webgpu' }), await startEngine({ device: 'webgpu' })]
    await owner.createTrainer(blobTrainer(data))

    await expect(second.createTrainer(blobTrainer(data))).rejects.toMatchObject({ code: 'ERR_GPU_BUSY' })
    await owner.close()
    const third = await startEngine({ device: 'webgpu' })
    await expect(third.createTrainer(blobTrainer(data))).resolves.toMatchObject({ device: 'webgpu' })
  })
})
