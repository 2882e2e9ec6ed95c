import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../../src/node/system-clock.ts'
import { lockFolder } from '../../../src/store/folder-lock.ts'
import { type Outcome, runCommand } from '../../util/command-line.ts'
import { withoutRoot } from '../../util/without-root.ts'
import { MISTAKES, type Mistake } from './mistakes.ts'

const GOOD_JOB = 'model: { name: linear }\nbudget: { rounds: 1 }\n'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-mistake-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('XDG_DATA_HOME', join(root, 'share'))
  vi.stubEnv('XDG_CONFIG_HOME', join(root, 'config'))
  // what lies beside the sources is not looked at for data
  const before = process.cwd()
  process.chdir(root)
  onTestFinished(() => process.chdir(before))
})

const here = (text: string): string => text.replaceAll('DIR', root)

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), typeof content === 'string' ? here(content) : content, { mode: 0o600 })
}

/** Without a node that starts by mistake: `--dry-run`. */
function commandLine({ args, flags = [] }: Mistake): string[] {
  const common = ['--data-dir', 'DIR/data', '--listen', '/ip4/127.0.0.1/tcp/0', '--dry-run']

  return (args ?? ['node', 'DIR/job.yaml', ...common, ...flags]).map(here)
}

async function make(mistake: Mistake): Promise<Outcome> {
  const { job = GOOD_JOB, files = {}, env = {}, modes } = mistake
  for (const [name, content] of Object.entries({ 'job.yaml': job, ...files })) write(name, content)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  for (const [name, mode] of Object.entries(modes ?? {})) chmodSync(join(root, name), mode)
  const run = () => runCommand(...commandLine(mistake))
  if (modes === undefined) return run()

  const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name))

  return withoutRoot([root, ...all], run)
}

function expectToldWell({ code: exit, err, out }: Outcome, mistake: Pick<Mistake, 'code' | 'exit' | 'says'>): void {
  const lines = err.trimEnd().split('\n')

  expect(lines, err).toHaveLength(mistake.says.length)
  for (const [i, parts] of mistake.says.entries()) {
    expect(lines[i]).toMatch(new RegExp(`\\S \\[${mistake.code}\\]$`))
    for (const part of parts) expect(lines[i]).toContain(here(part))
  }
  expect(err).not.toMatch(/^\s+at |undefined|\[object/m)
  expect(out).toBe('')
  expect(exit).toBe(mistake.exit)
}

describe('a line for each mistake says what, where and how to mend it', () => {
  test.each(MISTAKES.map((mistake) => [mistake.id, mistake] as const))('%s', async (_, mistake) => {
    expectToldWell(await make(mistake), mistake)
  })

  test('there are more than fifty, none twice, and each code is one of the page', () => {
    const page = readFileSync(new URL('../../../docs/ERRORS.md', import.meta.url), 'utf8')

    expect(MISTAKES.length).toBeGreaterThan(50)
    expect(new Set(MISTAKES.map(({ id }) => id)).size).toBe(MISTAKES.length)
    for (const { code, exit } of MISTAKES) {
      expect(page).toContain(`| \`${code}\` |`)
      expect(page).toContain(`| ${exit} |`)
    }
  })
})

describe('what others have taken', () => {
  const node = (...flags: string[]): Pick<Mistake, 'flags'> & { id: string } => ({ id: '', flags })

  test('a port', async () => {
    const server = createServer().listen({ host: '127.0.0.1', port: 0 })
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const address = `/ip4/127.0.0.1/tcp/${port}`
    const says = [[`--listen ${address}`, 'another program uses this port', 'take another port']]

    expectToldWell(await make({ ...node('--listen', address), code: '', exit: 5, says }), {
      code: 'ERR_NETWORK_LISTEN',
      exit: 5,
      says
    })
  })

  test.each([
    { setting: '--control', at: 'tcp://127.0.0.1:PORT' },
    { setting: '--metrics', at: '127.0.0.1:PORT' }
  ])('a port of $setting', async ({ setting, at }) => {
    const server = createServer().listen({ host: '127.0.0.1', port: 0 })
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const says = [[`${setting} 127.0.0.1:${port}`, 'another program uses this port', 'take another port']]
    const told = { code: 'ERR_CONTROL_LISTEN', exit: 2, says }

    expectToldWell(await make({ ...node(setting, at.replace('PORT', `${port}`)), ...told }), told)
  })

  test('a data directory', async () => {
    const lock = await lockFolder(join(root, 'data'), { clock: systemClock })
    onTestFinished(() => lock.release())
    const says = [['DIR/data', `process ${process.pid}`, `kill ${process.pid}`, '--data-dir']]

    expectToldWell(await make({ ...node(), code: '', exit: 2, says }), { code: 'ERR_DATA_DIR_LOCKED', exit: 2, says })
  })
})

describe('what is no mistake', () => {
  test.each([
    ['a byte order mark', '\u{feff}seed: 1\n'],
    ['line ends of Windows', 'seed: 1\r\nmodel:\r\n  name: linear\r\n'],
    ['JSON', '{"seed": 1, "model": {"name": "linear"}}'],
    ['an anchor and its alias', 'name: &n ward\nmodel: { name: linear }\ndata: { set: glyphs }\n'],
    ['nothing', '']
  ])('%s', async (_, job) => {
    const outcome = await make({ id: '', job, code: '', exit: 0, says: [] })

    expect(outcome.err).toBe('')
    expect(outcome.code).toBe(0)
    expect(outcome.out).toMatch(/^job .*\n(?:.*\n)+ok {6}nothing has been started/)
  })
})
