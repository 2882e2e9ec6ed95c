import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NodeRecord } from '../../../src/node/control/node-record.ts'
import { listNodes, register } from '../../../src/node/control/registry.ts'
import { serve, temporaryFolder } from './owner.ts'

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid
}

test('whoever registers takes those off the list that died: it does not grow with each crash', async () => {
  const home = temporaryFolder()
  const env = { XDG_DATA_HOME: home }
  const { path } = await serve({ handlers: {} })
  const record = (pid: number, peer: string): NodeRecord => ({
    pid,
    peer,
    job: 'soak',
    dataDir: null,
    startedAt: new Date(0).toISOString(),
    control: { kind: 'unix', path }
  })
  for (const peer of ['crashed-1', 'crashed-2', 'crashed-3']) await register(record(deadPid(), peer), env)
  const unregister = await register(record(process.pid, 'alive'), env)

  const files = (): string[] => readdirSync(join(home, 'starling', 'running'))
  expect(files()).toEqual([`${process.pid}-alive.json`])
  expect((await listNodes(env)).map(({ peer }) => peer)).toEqual(['alive'])
  await unregister()
  expect(files()).toEqual([])
})
