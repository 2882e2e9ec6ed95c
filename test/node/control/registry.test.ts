import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NodeRecord } from '../../../src/node/control/node-record.ts'
import { listNodes, register } from '../../../src/node/control/registry.ts'
import { serve, temporaryFolder } from './owner.ts'

const record = (pid: number, peer: string, path: string): NodeRecord => ({
  ...{ pid, peer, job: 'soak', dataDir: null, startedAt: new Date(0).toISOString() },
  control: { kind: 'unix', path }
})

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid
}

test('whoever registers takes those off the list that died: it does not grow with each crash', async () => {
  const home = temporaryFolder()
  const env = { XDG_DATA_HOME: home }
  const { path } = await serve({ handlers: {} })
  for (const peer of ['crashed-1', 'crashed-2', 'crashed-3']) await register(record(deadPid(), peer, path), env)
  const unregister = await register(record(process.pid, 'alive', path), env)

  const files = (): string[] => readdirSync(join(home, 'starling', 'running'))
  expect(files()).toEqual([`${process.pid}-alive.json`])
  expect((await listNodes(env)).map(({ peer }) => peer)).toEqual(['alive'])
  await unregister()
  expect(files()).toEqual([])
})

test('is found by clients with another environment, and off all lists when it leaves', async () => {
  const [runtime, home] = [temporaryFolder(), temporaryFolder()]
  const { path } = await serve({ handlers: {} })
  const unregister = await register(record(process.pid, 'alive', path), {
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: home
  })
  const found = async (): Promise<string[][]> => {
    // of a terminal, and of a service or a cron job, which has no XDG_RUNTIME_DIR
    const lists = await Promise.all(
      [{ XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: home }, { XDG_DATA_HOME: home }].map(listNodes)
    )

    return lists.map((list) => list.map(({ peer }) => peer))
  }
  expect(await found()).toEqual([['alive'], ['alive']])

  await unregister()
  expect(await found()).toEqual([[], []])
})

test('one folder that takes no file is not the end of the other', async () => {
  const [runtime, home] = [temporaryFolder(), temporaryFolder()]
  writeFileSync(join(runtime, 'starling'), 'a file where the folder would be')
  const { path } = await serve({ handlers: {} })
  await register(record(process.pid, 'alive', path), { XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: home })
  expect(await listNodes({ XDG_DATA_HOME: home })).toMatchObject([{ peer: 'alive' }])

  writeFileSync(join(home, 'file'), '')
  const nowhere = { XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: join(home, 'file') }
  await expect(register(record(process.pid, 'alive', path), nowhere)).rejects.toMatchObject({
    code: 'ERR_CONTROL_FOLDER'
  })
})
