import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fieldsOf } from '../../../src/cli/methods/fields.ts'
import { ASKED_BY_FLAG, commandName, isActing, OFFERED, WITHOUT_PARAMS } from '../../../src/cli/methods/offered.ts'
import { drawResult } from '../../../src/cli/tables/draw.ts'
import { CodedError } from '../../../src/interface/errors.ts'
import type { NodeHandlers } from '../../../src/node/control/dispatch.ts'
import { METHODS, type MethodName } from '../../../src/node/control/schema.ts'
import type { NodeEvent } from '../../../src/node/events.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { ANSWERS, PEER_A, SELF } from '../../fixtures/answers.ts'
import { type Owner, serve } from '../../node/control/owner.ts'
import { runCommand } from '../../util/command-line.ts'
import { withoutRoot } from '../../util/without-root.ts'

process.env['TZ'] = 'UTC'

/** No node of this machine's is found by accident. */
function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'starling-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  vi.stubEnv('XDG_RUNTIME_DIR', join(home, 'run'))
  vi.stubEnv('XDG_DATA_HOME', join(home, 'data'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })

  return home
}

beforeEach(() => {
  emptyHome()
})

interface Served extends Owner {
  asked: { method: MethodName; params: unknown }[]
}

/** A control server with the answers of a fixture, which notes what it was asked. */
async function serveAnswers(some: Partial<NodeHandlers> = {}): Promise<Served> {
  const asked: Served['asked'] = []
  const names = Object.keys(METHODS) as MethodName[]
  const answer = (method: MethodName) => (params: unknown) => {
    asked.push({ method, params })
    return ANSWERS[method]
  }
  const handlers = { ...Object.fromEntries(names.map((name) => [name, answer(name)])), ...some }

  return { ...(await serve({ handlers: handlers as Partial<NodeHandlers> })), asked }
}

const example = (method: (typeof OFFERED)[number]): string[] =>
  fieldsOf(method)
    .filter(({ isRequired }) => isRequired)
    .map(({ isPeer, choices }) => (isPeer ? '..P7sETKKL' : (choices[0] ?? 'text')))

// `stop` also waits: below
const commands = OFFERED.filter(
  (method) => method !== 'stop' && !(method in ASKED_BY_FLAG) && !Object.values(WITHOUT_PARAMS).includes(method)
)

let help = ''

// the list of commands loads all that they need
beforeAll(async () => {
  help = (await runCommand('--help')).out
}, 120_000)

describe.each(commands)('the command for %s', (method) => {
  test('prints a table, or JSON', async () => {
    const { path } = await serveAnswers()
    const line = [commandName(method), ...example(method), '--socket', path]

    expect(await runCommand(...line)).toEqual({ code: 0, out: `${drawResult(method, ANSWERS[method])}\n`, err: '' })
    const { out } = await runCommand(...line, '--json')
    expect(JSON.parse(out)).toEqual(ANSWERS[method])
    expect(out.trimEnd()).not.toContain('\n')
  })

  test('is in the help, among those that read or those that change', () => {
    const [, reading = '', changing = ''] = help.split(/Look into a running node:|Change a running node:/)

    expect(isActing(method) ? changing : reading).toMatch(new RegExp(`^ {2}${commandName(method)} `, 'm'))
  })
})

describe('params', () => {
  test('of flags come as the schema wants them', async () => {
    const { path, asked } = await serveAnswers()
    await runCommand('ban', '..P7sETKKL', '--reason', 'rubbish', '--seconds', '60', '--socket', path)
    await runCommand('rounds', '--last', '3', '--socket', path)
    await runCommand('log-level', 'debug', '--module', 'gossip', '--socket', path)
    await runCommand('log-level', '--socket', path)

    expect(asked).toEqual([
      { method: 'ban', params: { peer: 'P7sETKKL', reason: 'rubbish', seconds: 60 } },
      { method: 'rounds', params: { last: 3 } },
      { method: 'setLogLevel', params: { level: 'debug', module: 'gossip' } },
      { method: 'logLevels', params: {} }
    ])
  })

  test.each([
    { line: ['rounds', '--last', '0'], says: /last is a whole number from 1 to 1000, not 0/ },
    { line: ['rounds', '--last', 'many'], says: /expected a number/i },
    { line: ['rounds', '--lst', '3'], says: /did you mean --last\?/ },
    { line: ['peer'], says: /<peer> is missing/ },
    { line: ['log-level', 'loud'], says: /silent, error, warn, info, debug/ },
    { line: ['peeers'], says: /did you mean peers\?/ },
    { line: ['status', 'more'], says: /too many arguments/ },
    { line: ['events', 'round:ende'], says: /did you mean "round:ended"\?/ },
    { line: ['events', '--count', '3'], says: /--count goes with --follow only/ }
  ])('$line are refused in a line, without asking any node', async ({ line, says }) => {
    const { path, asked } = await serveAnswers()
    const { code, err, out } = await runCommand(...line, ...(line[0] === 'peeers' ? [] : ['--socket', path]))

    expect(err).toMatch(says)
    expect(err.trimEnd()).not.toContain('\n')
    expect({ code, out, asked }).toEqual({ code: 2, out: '', asked: [] })
  })
})

describe('which node', () => {
  test('none runs: says how to start one', async () => {
    const { code, err } = await runCommand('status')

    expect(code).toBe(5)
    expect(err).toMatch(/no node of yours runs .* "starling node job\.yaml".* \[ERR_CONTROL_UNREACHABLE\]/)
  })

  test('nobody listens at the socket', async () => {
    const { code, err } = await runCommand('status', '--socket', '/nowhere/control.sock')

    expect({ code, err }).toEqual({
      code: 5,
      err: 'unix:/nowhere/control.sock: no node runs there [ERR_CONTROL_UNREACHABLE]\n'
    })
  })

  test("somebody else's socket", async () => {
    const { path } = await serveAnswers()
    chmodSync(path, 0)
    const { code, err } = await withoutRoot([], () => runCommand('status', '--socket', path))

    expect({ code, err }).toEqual({
      code: 5,
      err: `unix:${path}: it belongs to another user [ERR_CONTROL_UNREACHABLE]\n`
    })
  })

  test('a data directory without a node', async () => {
    expect(await runCommand('status', '--data-dir', '/nowhere')).toMatchObject({
      code: 5,
      err: expect.stringContaining('no node runs on /nowhere')
    })
  })

  test('the only one, and one of several', async () => {
    const first = await serveAnswers()
    const second = await serveAnswers({ status: () => ({ ...ANSWERS.status, peer: PEER_A }) })
    register(first.path, SELF, '/data/first')
    expect(JSON.parse((await runCommand('status', '--json')).out).peer).toBe(SELF)

    register(second.path, PEER_A, '/data/second')
    const { code, out, err } = await runCommand('status')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err.replaceAll(String(process.pid), 'PID').replaceAll(/ +\d+ \S+ {2}/g, ' TIME ')).toMatch(
      /number {2}job.*\n-+.*\n {5}1 {2}flock {2}\.\.kM66nCEJ.*\/data\/first\n {5}2 {2}flock {2}\.\.P7sETKKL.*\/data\/second\n2 nodes run here: say which with --data-dir, or --socket \[ERR_CONTROL_SEVERAL\]\n$/
    )
  })
})

/** As a node does when it starts: in the list of this user's nodes. */
function register(path: string, peer: string, dataDir: string): void {
  const folder = join(process.env['XDG_RUNTIME_DIR']!, 'starling', 'running')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const startedAt = `2026-11-28T14:03:0${peer === SELF ? 1 : 2}.000Z`
  const record = { pid: process.pid, peer, job: 'flock', dataDir, startedAt, control: { kind: 'unix', path } }
  writeFileSync(join(folder, `${peer.slice(-8)}.json`), JSON.stringify(record), { mode: 0o600 })
}

test("what the node refuses is said with the node's code", async () => {
  const refuse = (): never => {
    throw new CodedError('ERR_CONTROL_PEER', '"x": the id of no peer ends so')
  }
  const { path } = await serveAnswers({ peer: refuse })

  expect(await runCommand('peer', 'x', '--socket', path)).toEqual({
    code: 2,
    out: '',
    err: '"x": the id of no peer ends so [ERR_CONTROL_PEER]\n'
  })
})

describe('stop', () => {
  const goodbye: NodeEvent = {
    event: 'node:stopped',
    reason: 'signal',
    rounds: 3,
    steps: 1,
    bytes: { sent: 1, received: 2 }
  }

  /** A node that ends when it is told to, with these words. */
  async function stopping(says: readonly NodeEvent[], config = ANSWERS.config): Promise<Served> {
    const owner = await serveAnswers({
      config: () => config,
      stop: () => {
        setImmediate(() => {
          for (const event of says) owner.feed.emit(event)
          void owner.server.stop()
        })

        return { done: true }
      }
    })

    return owner
  }

  test('waits for the end, and says how it was', async () => {
    const { path } = await stopping([goodbye])

    expect(await runCommand('stop', '--socket', path)).toEqual({
      code: 0,
      out: 'the node has stopped: it was told to, after 3 rounds and 1 step; sent 1 B\n',
      err: ''
    })
  })

  test('fails when the node ends badly', async () => {
    const { path } = await stopping([])

    expect(await runCommand('stop', '--socket', path, '--json')).toMatchObject({ code: 5, out: '{"done":true}\n' })
  })

  test('waits for as long as the node gives itself, and a while longer', async () => {
    const clock = vi.spyOn(systemClock, 'sleep')
    onTestFinished(() => clock.mockRestore())
    const { path } = await stopping([goodbye], [{ key: 'stopSeconds', value: '86400', origin: 'default' }])
    await runCommand('stop', '--socket', path)

    expect(clock.mock.calls.map(([ms]) => ms)).toContain(86_400_000 + 30_000)
  })

  test('need not wait', async () => {
    const { path } = await serveAnswers()

    expect(await runCommand('stop', '--no-wait', '--socket', path)).toEqual({ code: 0, out: '', err: '' })
  })
})

describe('events', () => {
  const connected: NodeEvent = { event: 'peer:connected', peer: PEER_A }
  const stopped: NodeEvent = {
    event: 'node:stopped',
    reason: 'finished',
    rounds: 3,
    steps: 30,
    bytes: { sent: 1, received: 2 }
  }

  async function follow(...flags: string[]): Promise<{ owner: Served; outcome: ReturnType<typeof runCommand> }> {
    const owner = await serveAnswers()
    const outcome = runCommand('events', '--follow', '--socket', owner.path, ...flags)
    // one stream for the events, one for the node's goodbye
    await vi.waitFor(() => expect(owner.feed.size).toBe(2), { timeout: 15_000 })

    return { owner, outcome }
  }

  test('come as they happen, until there are enough', async () => {
    const { owner, outcome } = await follow('--count', '2', 'peer:connected')
    owner.feed.emit({ event: 'peer:disconnected', peer: PEER_A })
    for (let i = 0; i < 3; i++) owner.feed.emit(connected)

    const { code, out } = await outcome
    expect(code).toBe(0)
    expect(out).toMatch(/^(\d\d:\d\d:\d\d peer {4}\.\.P7sETKKL joined\n){2}$/)
  })

  test('come as lines of JSON', async () => {
    const { owner, outcome } = await follow('--count', '1', '--json')
    owner.feed.emit(connected)

    expect(JSON.parse((await outcome).out)).toEqual({ at: expect.stringMatching(/Z$/), event: connected })
  })

  test('end with the node, which says how it ended', async () => {
    const { owner, outcome } = await follow('node:stopped')
    owner.feed.emit(stopped)
    await owner.server.stop()

    expect(await outcome).toMatchObject({
      code: 0,
      err: 'the node has stopped: its work is done, after 3 rounds and 30 steps; sent 1 B\n'
    })
  })

  test('end with an error when the node does not start, or fails', async () => {
    const starting = await follow()
    await starting.owner.server.stop()
    expect(await starting.outcome).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^the node has stopped before it took part.*ERR_CONTROL_CLOSED/)
    })

    const failing = await follow()
    failing.owner.feed.emit({ ...stopped, reason: 'failed' })
    await failing.owner.server.stop()
    expect(await failing.outcome).toMatchObject({
      code: 5,
      err: expect.stringMatching(/it failed, and its log says why/)
    })
  })

  test('stop at Ctrl-C', async () => {
    const { outcome } = await follow()
    process.emit('SIGINT')

    expect(await outcome).toEqual({ code: 0, out: '', err: '' })
  })

  test('without --follow are listed by name', async () => {
    expect((await runCommand('events')).out).toContain('round:ended\n')
  })
})
