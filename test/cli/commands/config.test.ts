import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { SETTING_NAMES } from '../../../src/node/settings/table.ts'
import { serve } from '../../node/control/owner.ts'
import { runCommand } from '../../util/command-line.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-config-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  vi.stubEnv('XDG_DATA_HOME', join(root, 'share'))
  vi.stubEnv('XDG_CONFIG_HOME', join(root, 'config'))
  onTestFinished(() => void vi.unstubAllEnvs())
})

interface Found {
  files: string[]
  settings: { key: string; value: string; origin: string }[]
  job: { key: string; value: string; origin: string }[]
}

const json = async (...args: string[]): Promise<Found> =>
  JSON.parse((await runCommand('config', '--json', ...args)).out) as Found

test('what somebody has set, with where; all of it with --effective', async () => {
  const file = join(root, 'share/starling/node/node.yaml')
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, '# of this node\nthreads: 2\n')
  vi.stubEnv('STARLING_SLICE', '3')

  expect(await json('--await-peers', '1')).toEqual({
    files: [file],
    settings: [
      { key: 'awaitPeers', value: '1', origin: 'flag --await-peers' },
      { key: 'threads', value: '2', origin: `file ${file}:2` },
      { key: 'slice', value: '3', origin: 'env STARLING_SLICE' }
    ],
    job: []
  })
  const { settings } = await json('--effective')
  expect(settings.map(({ key }) => key)).toEqual(SETTING_NAMES)
  expect(settings).toContainEqual({ key: 'dataDir', value: join(root, 'share/starling/node'), origin: 'default' })
})

test('the values of a job too, each from its line', async () => {
  const job = join(root, 'job.yaml')
  writeFileSync(job, 'name: ward\nlearner:\n  topology: ring\n')

  expect((await json(job)).job).toEqual([
    { key: 'name', value: 'ward', origin: `file ${job}:1` },
    { key: 'learner.topology', value: 'ring', origin: `file ${job}:3` }
  ])
  const { job: keys, settings } = await json(job, '--effective')
  expect(keys).toContainEqual({ key: 'learner.quorum', value: '0.75', origin: 'default' })
  expect(settings[0]).toMatchObject({ key: 'dataDir', value: join(root, 'share/starling/node-ward') })
})

test('for people', async () => {
  expect((await runCommand('config')).out).toBe(
    'nothing is set: all settings have their defaults, which --effective shows\n'
  )
  expect((await runCommand('config', '--threads', '3')).out).toBe(
    'setting  value  from\n-------  -----  --------------\nthreads  3      flag --threads\n'
  )
})

test('a wrong setting is an error here too', async () => {
  expect(await runCommand('config', '--threads', '0')).toMatchObject({ code: 2, out: '' })
})

test('--running asks a running node, and shows all that it was told', async () => {
  const settings = [{ key: 'threads', value: '4', origin: 'env STARLING_THREADS' }]
  const { endpoint } = await serve({ handlers: { config: () => settings } })
  if (endpoint.kind !== 'unix') throw new Error('expected a socket')
  const { out, err, code } = await runCommand('config', '--running', '--socket', endpoint.path, '--json')

  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toEqual({ files: [], settings, job: [] })
})
