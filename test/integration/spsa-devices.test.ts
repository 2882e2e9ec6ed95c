import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import type { JobInput } from '../../src/node/job.ts'
import { probeDevice } from '../../src/train/engine/devices.ts'
import { NodeProcess } from '../util/node-process.ts'

const STEPS = 150
const JOB: JobInput = {
  seed: 5,
  model: { name: 'mlp', hidden: [16] },
  data: { nodes: 2 },
  learner: { name: 'spsa' },
  budget: { rounds: STEPS },
  evaluation: { points: 4 }
}
const TIMEOUT_MS = 300_000
const poll = { timeout: 120_000, interval: 50 }

test('a node that trains on the processor and one that trains with WebGPU end with the same bits', {
  timeout: TIMEOUT_MS
}, async ({ skip }) => {
  const webgpu = await probeDevice('webgpu')
  if (!webgpu.available) return skip(`no WebGPU: ${webgpu.reason}. ${webgpu.remedy}`)

  const folder = await mkdtemp(join(tmpdir(), 'starling-devices-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const job = join(folder, 'job.yaml')
  await writeFile(job, stringify(JOB))
  const start = (device: string, slice: number, more: readonly string[]): NodeProcess => {
    const options = ['--slice', `${slice}`, '--device', device, '--data-dir', join(folder, device)]
    return new NodeProcess([job, ...options, '--await-peers', '1', '--await-seconds', '120', ...more])
  }

  const cpu = start('cpu', 0, [])
  await expect.poll(() => cpu.last('node:ready'), { ...poll, message: cpu.stderr }).toBeDefined()
  const gpu = start('webgpu', 1, ['--join', cpu.last('node:ready')!.addresses[0]!])
  const nodes = [cpu, gpu]
  const exits = await Promise.all(nodes.map(({ exit }) => exit))

  expect(exits, nodes.map(({ stderr }) => stderr).join('\n')).toEqual(nodes.map(() => ({ code: 0, signal: null })))
  expect(nodes.map((node) => node.last('node:ready')!.device)).toEqual(['cpu', 'webgpu'])
  const ends = nodes.map((node) => node.last('replica:measured')!)
  expect(ends.map(({ final, projections }) => ({ final, projections }))).toEqual(
    nodes.map(() => ({ final: true, projections: 2 * STEPS }))
  )
  expect(ends[1]!.setHash).toBe(ends[0]!.setHash)
  expect(ends[1]!.modelHash).toBe(ends[0]!.modelHash)
  expect(ends[0]!.modelHash).not.toBe(nodes[0]!.all('replica:measured')[0]!.modelHash)
})
