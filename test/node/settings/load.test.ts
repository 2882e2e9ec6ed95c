import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { withoutSettings } from '../../../src/node/settings/environment.ts'
import { describeOrigin, describePlace } from '../../../src/node/settings/layer.ts'
import { describeSettings, loadSettings, type SettingsSources } from '../../../src/node/settings/load.ts'
import { flagOf, SETTING_NAMES, variableOf } from '../../../src/node/settings/table.ts'

let root: string
let sources: SettingsSources
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-settings-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const env = { XDG_DATA_HOME: join(root, 'share'), XDG_CONFIG_HOME: join(root, 'config') }
  sources = { flags: {}, config: undefined, env, cwd: join(root, 'cwd'), jobName: 'starling' }
})

function write(path: string, text: string): string {
  const file = join(root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)

  return file
}

const load = (more: Partial<SettingsSources> = {}) =>
  loadSettings({ ...sources, ...more, env: { ...sources.env, ...more.env } })

/** Setting by setting, as `starling config` shows it. */
async function shown(more: Partial<SettingsSources>): Promise<Record<string, string>> {
  return Object.fromEntries(
    describeSettings(await load(more)).map(({ key, value, origin }) => [key, `${value} | ${origin}`])
  )
}

describe('what counts', () => {
  test("flags over variables over the data directory's file over the user's over defaults", async () => {
    const user = write('config/starling/node.yaml', 'threads: 2\nawaitPeers: 2\nawaitSeconds: 2\nsave: model\n')
    const own = write('share/starling/node/node.yaml', 'threads: 3\nawaitPeers: 3\nawaitSeconds: 3\n')
    const more = { flags: { threads: '5' }, env: { STARLING_THREADS: '4', STARLING_AWAIT_PEERS: '4' } }

    expect(await shown(more)).toMatchObject({
      threads: '5 | flag --threads',
      awaitPeers: '4 | env STARLING_AWAIT_PEERS',
      awaitSeconds: `3 | file ${own}:3`,
      save: `${join(root, 'config/starling/model')} | file ${user}:4`,
      device: 'auto | default'
    })
    expect((await load(more)).files).toEqual([own, user])
  })

  test('--config stands for both files, STARLING_CONFIG does too, --no-config reads none', async () => {
    write('config/starling/node.yaml', 'threads: 2\n')
    write('share/starling/node/node.yaml', 'awaitPeers: 3\n')
    const other = write('cwd/other.yaml', 'slice: 1\n')

    for (const more of [{ config: 'other.yaml' }, { env: { STARLING_CONFIG: 'other.yaml' } }]) {
      const { settings, files } = await load(more)
      expect(settings).toMatchObject({ threads: 1, awaitPeers: 0, slice: 1 })
      expect(files).toEqual([other])
    }
    expect((await load({ config: false })).files).toEqual([])
  })

  test('a file may say where the data directory is, whose own file counts more; that one may not', async () => {
    write('config/starling/node.yaml', 'dataDir: ../elsewhere\nthreads: 2\nslice: 2\n')
    const own = write('config/elsewhere/node.yaml', 'threads: 3\n')
    const { settings, origins } = await load()

    expect(settings).toMatchObject({ dataDir: join(root, 'config/elsewhere'), threads: 3, slice: 2 })
    expect(describeOrigin(origins.threads)).toBe(`file ${own}:1`)

    writeFileSync(own, 'dataDir: /tmp\n')
    await expect(load()).rejects.toThrow(`${own}:1: dataDir: this file lies in the data directory`)
  })

  test('relative paths begin where they are written, and ~ is home', async () => {
    write('cwd/etc/node.yaml', 'save: here/model\ndata: csv:own.csv\ndataDir: ~/x\n')

    expect((await load({ config: 'etc/node.yaml' })).settings).toMatchObject({
      save: join(root, 'cwd/etc/here/model'),
      data: `csv:${join(root, 'cwd/etc/own.csv')}`,
      dataDir: join(homedir(), 'x')
    })
    expect((await load({ flags: { save: 'model' } })).settings.save).toBe(join(root, 'cwd/model'))
  })

  test('lists and switches, in each place', async () => {
    const [a, b] = ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.2/tcp/2']
    const config = write('cwd/lists.yaml', `join: [${a}, "${b}"]\njson: yes\nlisten: ${a}\n`)

    expect((await load({ config })).settings).toMatchObject({ join: [a, b], json: true, listen: [a] })
    expect((await load({ env: { STARLING_JOIN: `${a}, ${b}`, STARLING_JSON: '1' } })).settings).toMatchObject({
      join: [a, b],
      json: true
    })
    expect((await load({ config, flags: { join: [b], json: false } })).settings).toMatchObject({
      join: [b],
      json: false
    })
    expect((await shown({ config, flags: { json: false } }))['json']).toBe('false | flag --no-json')
  })

  test('an empty variable is none; an empty file says nothing', async () => {
    write('config/starling/node.yaml', '# all as it is\n')
    expect((await load({ env: { STARLING_THREADS: '', STARLING_JOIN: ' ' } })).settings).toMatchObject({
      threads: 1,
      join: []
    })
  })
})

describe('the data directory', () => {
  test.each([
    { jobName: 'starling', folder: 'node' },
    { jobName: 'Ward 7', folder: 'node-ward-7' },
    { jobName: '../../etc/passwd', folder: 'node-etc-passwd' },
    { jobName: '..', folder: 'node' },
    { jobName: 'Größe', folder: 'node-größe' }
  ])('of the job $jobName is $folder', async ({ jobName, folder }) => {
    expect((await load({ jobName })).settings.dataDir).toBe(join(root, 'share/starling', folder))
  })

  test('is in the home directory where XDG names no absolute one', async () => {
    const env = { XDG_DATA_HOME: 'relative', HOME: root }
    expect((await load({ env })).settings.dataDir).toBe(join(root, '.local/share/starling/node'))
  })
})

describe('what is wrong', () => {
  test('is told all at once, a line each, with where it is', async () => {
    const config = write(
      'cwd/bad.yaml',
      'threds: 2\nawaitPeers: many\nslice:\nsave: [a, b]\njoin: [{}]\nthreads: 1e9\n'
    )
    const error = await load({
      config,
      flags: { threads: '0', listen: ['example.org:4001'] },
      env: { STARLING_DEVICE: 'gpu', STARLING_THREADZ: '1', STARLING_DATA: '/data', STARLING_PORT_4001_TCP: 'x' }
    }).catch((reason: Error) => reason)

    expect((error as Error).message.split('\n').toSorted()).toEqual(
      [
        '--threads 0: expected a whole number from 1 to 1024',
        '--listen example.org:4001: no address: expected a multiaddr such as /dns/example.org/tcp/4001',
        'STARLING_DEVICE=gpu: expected one of auto, cpu, wasm, webgpu, cuda',
        'STARLING_THREADZ: there is no such variable; did you mean STARLING_THREADS?',
        `${config}:1: there is no setting "threds"; did you mean "threads"?`,
        `${config}:2: awaitPeers: many: expected a whole number from 0 to 100000`,
        `${config}:3: slice: expected a value: give it one, or leave the line out`,
        `${config}:4: save: expected one value, not a list`,
        `${config}:5: join: expected a list of plain values`,
        `${config}:6: threads: 1e9: expected a whole number from 1 to 1024`
      ].toSorted()
    )
  })

  test('a value that another one covers is checked all the same', async () => {
    await expect(load({ flags: { threads: '2' }, env: { STARLING_THREADS: 'x' } })).rejects.toThrow(
      'STARLING_THREADS=x'
    )
  })

  test('two settings that exclude each other are named with their origins', async () => {
    await expect(load({ flags: { slice: '1' }, env: { STARLING_OWN_DATA: 'glyphs' } })).rejects.toThrow(
      '--slice 1 and STARLING_OWN_DATA=glyphs exclude each other'
    )
  })

  test('a settings file that was named must be there', async () => {
    await expect(load({ config: 'absent.yaml' })).rejects.toMatchObject({ code: 'ERR_CONFIG_UNREADABLE' })
  })
})

test('a secret is shown to nobody: neither as a setting nor in a complaint', async () => {
  const secret = 'starling-invite-of-mine'
  const [shownValue] = describeSettings(await load({ flags: { invite: secret } })).filter(({ key }) => key === 'invite')
  expect(shownValue).toEqual({ key: 'invite', value: '(hidden)', origin: 'flag --invite' })

  for (const origin of [
    { source: 'flag', flag: '--invite' },
    { source: 'env', variable: 'STARLING_INVITE' },
    { source: 'file', path: 'node.yaml', line: 3 }
  ] as const) {
    expect(describePlace('invite', secret, origin)).not.toContain(secret)
    expect(describePlace('invite', secret, origin)).toMatch(/invite/i)
  }
})

test('no two settings share a flag or a variable', () => {
  const flags = SETTING_NAMES.map(flagOf)
  const variables = SETTING_NAMES.map(variableOf)

  expect(flags).toContain('--stop-on-stdin-end')
  expect(new Set(flags).size).toBe(flags.length)
  expect(new Set(variables).size).toBe(variables.length)
  expect(variables).not.toContain('STARLING_DATA')
})

test('child processes that get flags get no variables besides', () => {
  const env = { STARLING_LISTEN: 'x', STARLING_CONFIG: 'y', STARLING_DATA: '/data', HOME: '/home/me' }

  expect(withoutSettings(env)).toEqual({ STARLING_DATA: '/data', HOME: '/home/me' })
})
