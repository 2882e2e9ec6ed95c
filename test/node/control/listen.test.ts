import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Log } from '../../../src/interface/log.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { ControlClient } from '../../../src/node/control/client.ts'
import { ControlService } from '../../../src/node/control/control-service.ts'
import { isLoopback, parseControl } from '../../../src/node/control/endpoint.ts'
import { listenUnix, socketAnswers } from '../../../src/node/control/listen.ts'
import { endpointOf } from '../../../src/node/control/node-record.ts'
import { ensurePrivateFolder, socketPath } from '../../../src/node/control/places.ts'
import { listNodes, nodeOf } from '../../../src/node/control/registry.ts'
import { EventFeed } from '../../../src/node/event-feed.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { handlersWith, temporaryFolder } from './owner.ts'

const mode = (path: string): number => statSync(path).mode & 0o777

/** A service as a node has one, on a data directory of the test. */
function serviceOn(dataDir: string, { control = 'unix', runtime = temporaryFolder() } = {}) {
  const lines: string[] = []
  const log: Log = (level, message) => lines.push(`${level} ${message}`)
  const env = { XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: runtime }
  const service = new ControlService(
    {
      handlers: handlersWith({ why: () => [] }),
      feed: new EventFeed(),
      waits: new WaitRegister({ clock: systemClock }),
      onBug: (error) => lines.push(`bug ${error.message}`)
    },
    {
      setting: parseControl(control),
      dataDir,
      env,
      about: { peer: '12D3KooWtest', job: 'test', startedAt: new Date(0).toISOString() },
      log
    }
  )
  onTestFinished(() => service.stop())
  return { service, env, lines }
}

async function ask(dataDir: string): Promise<unknown> {
  const client = await ControlClient.connect(await endpointOf(await nodeOf(dataDir)))
  try {
    return await client.call('why')
  } finally {
    await client.close()
  }
}

/** What a process leaves behind that is killed while it listens. */
function leaveSocket(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL')
  expect(existsSync(path)).toBe(true)
}

describe('a Unix socket', () => {
  test('is for its owner alone, found by the data directory and on the list, and gone with the node', async () => {
    const dataDir = join(temporaryFolder(), 'node')
    const { service, env } = serviceOn(dataDir)
    await service.start()
    expect(mode(join(dataDir, 'control.sock'))).toBe(0o600)
    expect(mode(join(dataDir, 'control.json'))).toBe(0o600)
    expect(mode(dataDir)).toBe(0o700)
    expect(await ask(dataDir)).toEqual([])
    expect(await listNodes(env)).toMatchObject([{ pid: process.pid, job: 'test', dataDir }])

    await service.stop()
    expect(readdirSync(dataDir)).toEqual([])
    expect(await listNodes(env)).toEqual([])
    await expect(ask(dataDir)).rejects.toMatchObject({ code: 'ERR_CONTROL_UNREACHABLE' })
  })

  test('that a killed node has left is replaced', async () => {
    const dataDir = temporaryFolder()
    leaveSocket(join(dataDir, 'control.sock'))
    const { service } = serviceOn(dataDir)
    await service.start()
    expect(await ask(dataDir)).toEqual([])
  })

  test('of a node that lives is left alone', async () => {
    const dataDir = temporaryFolder()
    const first = serviceOn(dataDir)
    await first.service.start()
    const second = serviceOn(dataDir)
    await expect(second.service.start()).rejects.toMatchObject({ code: 'ERR_CONTROL_IN_USE' })
    expect(await ask(dataDir)).toEqual([])
  })

  test('is elsewhere when its path is too long for a socket, and found all the same', async () => {
    const dataDir = join(temporaryFolder(), 'a'.repeat(120))
    const runtime = temporaryFolder()
    const { service } = serviceOn(dataDir, { runtime })
    await service.start()
    expect(service.endpoint).toEqual({ kind: 'unix', path: socketPath(dataDir, { XDG_RUNTIME_DIR: runtime }) })
    expect(mode(join(runtime, 'starling'))).toBe(0o700)
    expect(existsSync(join(dataDir, 'control.sock'))).toBe(false)
    expect(await ask(dataDir)).toEqual([])
  })

  test('that cannot be is no reason to fail: the node runs, and says so', async () => {
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'file'), '')
    const { service, lines } = serviceOn(join(dataDir, 'file'))
    await service.start()
    expect(service.endpoint).toBeUndefined()
    expect(lines).toEqual(['error nobody can look into this node: no control socket'])
  })

  test('that cannot be listed is found by its data directory, and the log says why', async () => {
    const dataDir = join(temporaryFolder(), 'node')
    const runtime = join(temporaryFolder(), 'file')
    writeFileSync(runtime, '')
    const { service, lines } = serviceOn(dataDir, { runtime })
    await service.start()
    expect(await ask(dataDir)).toEqual([])
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn not on the list of running nodes: clients find it by --data-dir or STARLING_DATA_DIR'
    ])
  })

  test('a path that is a file of somebody is not removed', async () => {
    const path = join(temporaryFolder(), 'precious')
    writeFileSync(path, 'data')
    const server = createServer()
    await expect(listenUnix(server, path)).rejects.toMatchObject({ code: 'ERR_CONTROL_LISTEN' })
    expect(readFileSync(path, 'utf8')).toBe('data')
  })
})

describe('TCP', () => {
  test('has a token of its own at each start, in a file for its owner alone', async () => {
    const dataDir = temporaryFolder()
    const tokens = new Set<string>()
    for (const _ of [1, 2]) {
      const { service } = serviceOn(dataDir, { control: 'tcp://127.0.0.1:0' })
      await service.start()
      expect(mode(join(dataDir, 'control.token'))).toBe(0o600)
      tokens.add(readFileSync(join(dataDir, 'control.token'), 'utf8'))
      expect(readFileSync(join(dataDir, 'control.json'), 'utf8')).not.toContain([...tokens].at(-1)!.trim())
      expect(await ask(dataDir)).toEqual([])
      await service.stop()
      expect(readdirSync(dataDir)).toEqual([])
    }
    expect(tokens.size).toBe(2)
  })

  test('a port that is taken is an error: somebody asked for it', async () => {
    const first = serviceOn(temporaryFolder(), { control: 'tcp://127.0.0.1:0' })
    await first.service.start()
    const { port } = first.service.endpoint as { port: number }
    const second = serviceOn(temporaryFolder(), { control: `tcp://127.0.0.1:${port}` })
    await expect(second.service.start()).rejects.toMatchObject({ code: 'ERR_CONTROL_LISTEN' })
  })

  test.each([
    { text: 'tcp://127.0.0.1:9300', setting: { kind: 'tcp', host: '127.0.0.1', port: 9300 } },
    { text: 'tcp://[::1]:0', setting: { kind: 'tcp', host: '::1', port: 0 } },
    { text: 'unix', setting: { kind: 'unix' } },
    { text: 'off', setting: { kind: 'off' } }
  ])('$text', ({ text, setting }) => {
    expect(parseControl(text)).toEqual(setting)
  })

  test.each([
    'tcp://0.0.0.0:9300',
    'tcp://192.0.2.7:9300',
    'tcp://[::]:9300',
    'tcp://example.org:1',
    'tcp://localhost:1'
  ])('%s is not of this machine alone', (text) => {
    expect(() => parseControl(text)).toThrow(/listens on this machine only/)
  })

  test.each(['tcp://127.0.0.1', 'tcp://127.0.0.1:99999', '127.0.0.1:9300', 'on', ''])('"%s" is no place', (text) => {
    expect(() => parseControl(text)).toThrow(/expected unix, off, or tcp/)
  })

  test('loopback is what the machine sends to itself', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1'].map(isLoopback)).toEqual([true, true, true])
    expect(['128.0.0.1', '1127.0.0.1', '127.0.0.1.example.org', '::', ''].some(isLoopback)).toBe(false)
  })
})

describe('a folder in a place that all can write to', () => {
  test('is made for its owner alone, or mended', async () => {
    const path = join(temporaryFolder(), 'deep', 'runtime')
    await ensurePrivateFolder(path)
    expect(mode(path)).toBe(0o700)
    spawnSync('chmod', ['755', path])
    await ensurePrivateFolder(path)
    expect(mode(path)).toBe(0o700)
  })

  test('is not used when it is a link that somebody has put there', async () => {
    const folder = temporaryFolder()
    symlinkSync(temporaryFolder(), join(folder, 'link'))
    await expect(ensurePrivateFolder(join(folder, 'link'))).rejects.toMatchObject({ code: 'ERR_CONTROL_FOLDER' })
  })
})

test('a socket that nobody listens on answers no', async () => {
  const path = join(temporaryFolder(), 'stale.sock')
  leaveSocket(path)
  expect(await socketAnswers({ path })).toBe(false)
  expect(await socketAnswers({ path: `${path}.none` })).toBe(false)
})
