import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createRng } from '../../../src/math/philox.ts'
import type { Device } from '../../../src/train/engine/device.ts'
import { type DeviceStatus, probeDevice } from '../../../src/train/engine/devices.ts'
import type { TrainerInit } from '../../../src/train/engine/trainer.ts'
import { startEngine } from './blobs.ts'

const STEPS = 50
const TOLERANCE = 1e-3
const SLOW_MS = 180_000 // software adapters on busy machines

/** A handful of examples, so that every model's loss falls within few steps. */
const base = {
  optimiser: { name: 'sgd' },
  dataSeed: 1,
  indices: Uint32Array.of(0, 1, 2, 3, 4, 5),
  batchSize: 2,
  seed: 1,
  stream: '0',
  testLimit: 8
} as const

/** Sentences of few words, in random order; removed after the test. */
function writeText(): string {
  const rng = createRng(3, 'text')
  const words = ['birds', 'turn', 'as', 'one', 'and', 'nobody', 'leads']
  const folder = mkdtempSync(join(tmpdir(), 'starling-text-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'text.txt')
  writeFileSync(path, Array.from({ length: 2000 }, () => words[rng.below(words.length)]).join(' '))

  return path
}

const cases: readonly { id: string; learningRate: number; init: () => TrainerInit }[] = [
  { id: 'mlp', learningRate: 0.02, init: () => ({ ...base, model: { name: 'mlp' }, data: 'glyphs' }) },
  { id: 'lenet', learningRate: 0.005, init: () => ({ ...base, model: { name: 'lenet' }, data: 'glyphs' }) },
  { id: 'resnet8', learningRate: 0.01, init: () => ({ ...base, model: { name: 'resnet8' }, data: 'glyphs' }) },
  {
    id: 'gpt',
    learningRate: 0.05,
    init: () => ({
      ...base,
      model: { name: 'gpt', layers: 2, width: 32, heads: 2 },
      data: `text:${writeText()}?length=16`
    })
  }
]

async function lossCurve(device: Device, init: TrainerInit, learningRate: number): Promise<number[]> {
  const engine = await startEngine({ device })
  const trainer = await engine.createTrainer(init)
  const curve: number[] = []
  for (let step = 0; step < STEPS; step++) curve.push((await trainer.train(1, { learningRate })).loss)

  return [...curve, (await trainer.evaluate()).loss]
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

let webgpu: DeviceStatus
beforeAll(async () => {
  webgpu = await probeDevice('webgpu')
}, 60_000) // a process of its own that loads a driver, on a machine that runs other tests

test.for(cases)(
  '$id learns alike on webgpu and cpu',
  { timeout: SLOW_MS },
  async ({ init, learningRate }, { skip }) => {
    if (!webgpu.available) return skip(`no WebGPU: ${webgpu.reason}. ${webgpu.remedy}`)
    const spec = init()
    const cpu = await lossCurve('cpu', spec, learningRate)
    const gpu = await lossCurve('webgpu', spec, learningRate)

    expect(mean(cpu.slice(-11, -1))).toBeLessThan(mean(cpu.slice(0, 10)) - 0.1)
    for (const [step, loss] of cpu.entries())
      expect(Math.abs(gpu[step]! - loss), `step ${step}`).toBeLessThan(TOLERANCE)
  }
)
