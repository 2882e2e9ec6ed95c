import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../bin/starling.js', import.meta.url))

/** `starling node` on a job without end, with a standard input that stays open. */
async function startNode(flags: readonly string[]): Promise<ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-'))
  const job = join(folder, 'job.yaml')
  await writeFile(job, 'model: { name: linear }')
  const common = ['--data-dir', join(folder, 'data'), '--device', 'cpu', '--listen', '/ip4/127.0.0.1/tcp/0', '--json']
  const child = spawn(process.execPath, [PROGRAM, 'node', job, ...common, ...flags], { stdio: 'pipe' })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })

  return child
}

test('a node that cannot be made ends, though its standard input stays open', async () => {
  const child = await startNode(['--join', 'garbage', '--stop-on-stdin-end'])

  expect((await once(child, 'exit'))[0]).toBe(2)
}, 60_000)

test('a node whose reader leaves stops cleanly', async () => {
  const child = await startNode([])
  const errors = text(child.stderr!)
  await once(child.stdout!, 'data')
  child.stdout!.destroy()

  expect((await once(child, 'exit'))[0]).toBe(0)
  expect(await errors).toBe('')
}, 60_000)
