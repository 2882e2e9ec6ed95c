import { describe, expect, test } from 'vitest'
import { type DoctorReport, doctorReport, measureDevice } from '../../../src/train/engine/doctor.ts'
import { judge } from '../../../src/train/engine/verdicts.ts'

const facts: Omit<DoctorReport, 'verdicts'> = {
  node: '24.21.0',
  platform: 'linux-x64',
  processor: { name: 'a processor', cores: 2 },
  memoryBytes: 1e9,
  onnxruntime: { node: '1.30.0', web: '1.30.0' },
  devices: [
    { device: 'cpu', available: true, software: false },
    { device: 'webgpu', available: true, software: true, adapter: 'llvmpipe' }
  ],
  measurements: [
    { device: 'cpu', stepsPerSecond: 900, startMs: 20 },
    { device: 'webgpu', stepsPerSecond: 2000, startMs: 900 }
  ]
}
const texts = (changes: Partial<typeof facts>): string[] =>
  judge({ ...facts, ...changes }).map(({ level, text }) => `${level}: ${text}`)

describe('verdicts', () => {
  test('never recommend a software adapter, however fast', () => {
    expect(texts({})).toContain('good: the default model trains fastest on cpu')
    expect(texts({}).join()).toMatch(/hint: webgpu: llvmpipe is software/)
  })

  test('recommend a GPU that is faster', () => {
    const devices = facts.devices.map((status) => ({ ...status, software: false })) as DoctorReport['devices']

    expect(texts({ devices })).toContain('good: the default model trains fastest on webgpu')
  })

  test.each([
    { node: '20.1.0', level: 'bad' },
    { node: '22.11.9', level: 'bad' },
    { node: '22.12.0', level: 'hint' },
    { node: '24.5.0', level: 'good' }
  ])('judge Node $node: $level', ({ node, level }) => {
    expect(judge({ ...facts, node })[0]!.level).toBe(level)
  })

  test('say what does not train, and that nothing does', () => {
    const broken = { device: 'cuda', code: 'ERR_ENGINE_FAILED', message: 'no cuDNN' } as const

    expect(texts({ measurements: [broken] })).toContain('bad: cuda is there but does not train: no cuDNN')
    expect(texts({ devices: [], measurements: [] }).join()).toMatch(/bad: no device can train/)
  })
})

test('a measured device trains', async () => {
  expect(await measureDevice('cpu', 0.2)).toMatchObject({ device: 'cpu', stepsPerSecond: expect.any(Number) })
})

test('the report holds the facts of this machine', async () => {
  const report = await doctorReport({ seconds: 0 })

  expect(report.node).toBe(process.versions.node)
  expect(report.onnxruntime.node).toMatch(/^\d+\.\d+\.\d+$/)
  expect(report.devices.map(({ device }) => device)).toEqual(['cpu', 'wasm', 'webgpu', 'cuda'])
  expect(report.measurements).toEqual([])
  expect(report.verdicts.length).toBeGreaterThan(0)
})
