import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Control, connectTo } from '../../src/cli/attach/control.ts'
import { expectGolden } from '../util/golden.ts'
import { steadyScreen } from '../util/screen-text.ts'
import { hasTmux, Terminal } from '../util/terminal.ts'
import { type StartedNode, TerminalSwarm } from '../util/terminal-swarm.ts'

/**
 * Two nodes, and a terminal in which everything that `starling` has for running nodes is typed. Each test is a scene of
 * one story, and what is on the screen at its end is in test/fixtures/terminal; `UPDATE_GOLDEN=1` writes that anew.
 */
const COLUMNS = 100
const ROWS = 40

const commandsThatRead = (peer: string): string[] => [
  'starling status',
  'starling peers',
  `starling peer ${peer}`,
  'starling peer nobody',
  'starling topology',
  'starling view',
  'starling rounds --last 1',
  'starling scores',
  'starling why',
  'starling bytes',
  'starling models',
  `starling compare self ${peer}`,
  'starling metrics | head -2',
  'starling job | head -4',
  'starling bans',
  'starling log-level',
  "starling peers --json | tr , '\\n' | cut -d: -f1",
  "starling repl --eval '(await peers).length' --eval 'peers.then((p) => p[0].path)' --json"
]

const methodsThatRead = (peer: string): string[] => [
  'status',
  'hash',
  'peers',
  `peer('${peer}')`,
  "peer('nobody')",
  'peer',
  'topology',
  'view',
  'rounds(1)',
  'rounds(0)',
  'scores',
  'why',
  'bytes',
  'models',
  `compare('self', '${peer}')`,
  "config.then((c) => c.find(({ key }) => key === 'threads'))",
  'job.then((j) => j.data)',
  'bans',
  'logLevels',
  'typeof (await metrics)',
  'const p = await peers',
  "p.filter(({ direction }) => direction === 'inbound')",
  'p.map(({ path }) => path)',
  "watch('round:ended')",
  'unwatch',
  'pause',
  'nonsense',
  '.help'
]

const methodsThatChange = (peer: string): string[] => [
  'evaluate',
  'checkpoint',
  `ban('${peer}', { reason: 'a test', seconds: 3600 })`,
  'bans',
  `unban('${peer}')`,
  "dial('nonsense')",
  "logLevel('warn', { module: 'gossip' })",
  "logLevel('loud')",
  'pause',
  'status.then((s) => s.isPaused)'
]

/** For a machine that is busy with other tests. */
const PATIENT_MS = 120_000

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  let swarm: TerminalSwarm
  let terminal: Terminal
  let one: StartedNode
  let two: StartedNode

  beforeAll(async () => {
    swarm = new TerminalSwarm()
    terminal = new Terminal({ folder: swarm.folder, env: swarm.env, columns: COLUMNS, rows: ROWS })
    one = await swarm.start('--await-peers', '1')
  }, PATIENT_MS)

  afterAll(async () => {
    terminal?.close()
    await swarm?.close()
  }, PATIENT_MS)

  const end = (peer: string): string => `..${peer.slice(-8)}`
  const writing = (): string => `${end(one.peer)} write> `
  const reading = (): string => `${end(one.peer)}> `
  const lastLine = (screen: string): string => screen.split('\n').at(-1) ?? ''

  /** What stands on the screen is what people have read and found good. */
  async function expectScreen(name: string): Promise<void> {
    expectGolden(name, steadyScreen(await terminal.screen(), swarm.names))
  }

  async function enterAll(lines: readonly string[], prompt = terminal.shell): Promise<void> {
    for (const line of lines) await terminal.enter(line, prompt)
  }

  /** Presses a key, and waits for what comes of it on the line that is being typed. */
  async function expectLine(key: string, line: string): Promise<void> {
    await terminal.press(key)
    await terminal.until((screen) => expect(lastLine(screen)).toBe(line))
  }

  /** Types a part, has Tab complete it, types the rest, and waits for what comes of it. */
  async function complete(prompt: string, part: string, whole: string, rest: string): Promise<void> {
    await terminal.type(part)
    await expectLine('Tab', `${prompt}${whole}`)
    await terminal.enter(rest, prompt)
  }

  async function open(command: string, prompt: string): Promise<void> {
    await terminal.clear()
    await terminal.type(command)
    await terminal.press('Enter')
    await terminal.until((screen) => expect(lastLine(screen)).toBe(prompt.trimEnd()))
  }

  async function leave(): Promise<void> {
    await terminal.type('.exit')
    await terminal.press('Enter')
    await terminal.until((screen) => expect(lastLine(screen)).toBe(terminal.shell.trimEnd()))
  }

  let isBroken = false
  /** It goes on where the one before has ended: after one that failed, none can. */
  const scene = (name: string, golden: string, play: () => Promise<void>): void =>
    test(
      name,
      async ({ skip }) => {
        skip(isBroken, 'a scene before it failed')
        isBroken = true
        await play()
        isBroken = false
        await expectScreen(golden)
      },
      PATIENT_MS
    )

  scene('a node that waits for peers says so', 'alone', async () => {
    await terminal.clear()
    await enterAll(['starling status', 'starling peers', 'starling why', 'starling rounds'])
  })

  scene('with several nodes, one is chosen by its number', 'several', async () => {
    two = await swarm.start('--join', one.address)
    await terminal.clear()
    await terminal.type('starling repl')
    await terminal.press('Enter')
    await terminal.until(/which one\? \(1 to 2\)$/)
    await terminal.type('5')
    await terminal.press('Enter')
    await terminal.until(/a number from 1 to 2, or Ctrl-C\nwhich one\? \(1 to 2\)$/)
    await terminal.type('1')
    await terminal.press('Enter')
    await terminal.until((screen) => expect(lastLine(screen)).toBe(reading().trimEnd()))
    await leave()
  })

  scene('commands that change a node', 'changing', async () => {
    // both rest from here on, so that nothing changes by itself while the next scenes look
    await terminal.clear()
    const one = '--data-dir node-1'
    await enterAll([`starling events --follow --count 2 round:ended ${one}`])
    await enterAll([`starling pause --data-dir node-2`, `starling pause ${one}`])
    await paused()
    await enterAll([`starling log-level debug --module gossip ${one}`, `starling log-level loud ${one}`])
    await enterAll([`starling evaluate ${one}`, `starling checkpoint ${one}`])
    await enterAll([`starling dial ${two.address} ${one}`, `starling dial nonsense ${one}`])
    await enterAll([`starling ban nobody --seconds 60 ${one}`, `starling unban nobody ${one}`])
  })

  /** Until a node passes, as it is asked beside the terminal. */
  async function untilNode(folder: string, check: (control: Control) => Promise<void>): Promise<void> {
    const control = await connectTo({ kind: 'unix', path: join(swarm.folder, folder, 'control.sock') })
    try {
      await vi.waitFor(() => check(control), { timeout: PATIENT_MS / 2, interval: 100 })
    } finally {
      await control.close()
    }
  }

  /** Until a node rests, and waits for nothing else. */
  async function rests(folder: string): Promise<void> {
    await untilNode(folder, async (control) => {
      const waits = await control.call('why', {})
      expect(waits.map(({ kind }) => kind)).toEqual(['operator'])
    })
  }

  /** Until both nodes rest, and their waits are those of a pause. */
  async function paused(): Promise<void> {
    for (const folder of ['node-1', 'node-2']) await rests(folder)
  }

  /** Until the delay between the two is known. */
  async function measured(): Promise<void> {
    await untilNode('node-1', async (control) => {
      const peers = await control.call('peers', {})
      expect(peers.map(({ latencyMs }) => latencyMs)).toEqual([expect.any(Number)])
    })
  }

  /** Until they are connected again, after a ban that was taken back. */
  async function met(): Promise<void> {
    await untilNode('node-1', async (control) => expect(await control.call('peers', {})).toHaveLength(1))
  }

  scene('Tab completes at the prompt', 'tab', async () => {
    await open('starling repl --data-dir node-1', reading())
    const at = reading()
    await terminal.type('pe')
    await expectLine('Tab', `${at}peer`)
    await terminal.press('Tab') // two go on from here, which are listed
    await terminal.until(/\npeers +peer\n/)
    await expectLine('C-u', at.trimEnd())
    await complete(at, 'sta', 'status', '.then((s) => s.isPaused)')
    await complete(at, "peer('", `peer('${end(two.peer)}`, "').then((p) => p.path)")
    await complete(at, "watch('author:", "watch('author:voided", "')")
    await complete(at, 'unw', 'unwatch', '')
    await complete(at, 'Math.hyp', 'Math.hypot', '(3, 4)')
    await leave()
  })

  scene('Tab completes in the shell', 'tab-shell', async () => {
    await terminal.clear()
    await enterAll(['source <(starling completion bash)'])
    await complete('$ ', 'starling eve', 'starling events', '| head -2')
    await complete('$ ', 'starling events round:', 'starling events round:ended', '')
    await complete('$ ', 'starling log-level d', 'starling log-level debug', '--data-dir nowhere')
    await complete('$ ', 'starling node jo', 'starling node job.yaml', '--no-such-flag')
    await terminal.type('starling status --data-dir node-')
    await terminal.press('Tab', 'Tab')
    await terminal.until(/node-1\/ +node-2\//)
    await terminal.press('C-c')
    await terminal.until((screen) => expect(lastLine(screen)).toBe('$'))
  })

  scene('Ctrl-C gives up what is going on, and leaves at last', 'ctrl-c', async () => {
    await open('starling repl --data-dir node-1', reading())
    const at = reading()
    const interrupt = async (line: string): Promise<void> => {
      await terminal.type(line)
      await terminal.press('Enter')
      // a key pressed before it runs would be kept for after it
      await terminal.until((screen) => expect(lastLine(screen)).toBe('begun'))
      await terminal.press('C-c')
      await terminal.until((screen) => expect(lastLine(screen)).toBe(at.trimEnd()))
    }
    await interrupt("console.log('begun'), await new Promise(() => undefined)")
    await interrupt("console.log('begun'); while (true) {}")
    await terminal.enter("watch('peer:rejected')", at)
    await terminal.press('C-c')
    await terminal.until(/watches no more\n.*> ?$/)
    await terminal.type('const half =')
    await terminal.press('C-c')
    await terminal.until((screen) => expect(screen).toMatch(/const half =\n.*>$/))
    await terminal.press('C-c')
    await terminal.until(/To exit, press Ctrl\+C again/)
    await terminal.press('C-c')
    await terminal.until(/detached; the node goes on\n\$$/)
  })

  scene('commands that read', 'reading', async () => {
    await measured()
    await terminal.clear()
    const commands = commandsThatRead(end(two.peer))
    await enterAll(commands.map((command) => command.replace(/^starling \S+( [^|-]\S*)*/, '$& --data-dir node-1')))
  })

  scene('methods at the prompt', 'prompt', async () => {
    await open('starling repl --data-dir node-1', reading())
    await enterAll(methodsThatRead(end(two.peer)), reading())
    await leave()
  })

  scene('methods at the prompt that change the node', 'prompt-write', async () => {
    await open('starling repl --write --data-dir node-1', writing())
    await enterAll(methodsThatChange(end(two.peer)), writing())
    await leave()
    await met()
  })

  scene('events come above the line that is being typed', 'watch', async () => {
    await open('starling repl --data-dir node-1', reading())
    await terminal.enter("watch('peer:disconnected')", reading())
    await terminal.type('const typed = 1 + ')
    two.process.kill('SIGKILL')
    await terminal.until(/left\n.*const typed = 1 \+$/)
    await terminal.type('1')
    await terminal.press('Enter')
    await terminal.enter('typed', reading())
    await leave()
  })

  scene('the end of a node ends what is attached to it', 'end', async () => {
    await open('starling repl --data-dir node-1', reading())
    await terminal.type('const unfinished = ')
    await terminal.until(/unfinished =$/)
    one.process.kill('SIGKILL')
    await terminal.until(/ERR_CONTROL_CLOSED\]\n\$$/)
    await enterAll(['echo exit code $?', 'starling status', 'echo exit code $?', 'starling status --data-dir node-1'])
  })

  /** A node that trains by itself, and has ended more than one round. */
  async function startTraining(folder: string): Promise<StartedNode> {
    const node = await swarm.start()
    await untilNode(folder, async (control) => expect((await control.call('status', {})).round).toBeGreaterThan(1))

    return node
  }

  scene('a pause, its end, and a stop at the prompt', 'stop-prompt', async () => {
    const { peer } = await startTraining('node-3')
    const at = `${end(peer)} write> `
    await open('starling repl --write --data-dir node-3', at)
    await enterAll(['pause', 'evaluate', 'checkpoint'], at)
    await rests('node-3')
    await enterAll(['status', 'why', 'resume', 'status.then((s) => s.isPaused)'], at)
    await terminal.type('stop')
    await terminal.press('Enter')
    await terminal.until(/the node has stopped.*\n\$$/)
    await enterAll(['echo exit code $?', 'starling status --data-dir node-3'])
  })

  scene('the same as commands', 'stop-command', async () => {
    await startTraining('node-4')
    const four = '--data-dir node-4'
    await terminal.clear()
    await enterAll([`starling pause ${four}`, `starling evaluate ${four}`, `starling checkpoint ${four}`])
    await rests('node-4')
    await enterAll([`starling status ${four}`, `starling why ${four}`, `starling resume ${four}`])
    await enterAll([`starling events --follow --count 1 round:ended ${four}`])
    await enterAll([`starling repl --eval '(await status).isPaused' ${four}`])
    await enterAll([`starling stop ${four}`, 'echo exit code $?', `starling stop ${four}`, 'echo exit code $?'])
  })
})
