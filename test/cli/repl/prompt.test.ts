import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { History } from '../../../src/cli/repl/history.ts'
import { Prompt } from '../../../src/cli/repl/prompt.ts'
import { drawResult } from '../../../src/cli/tables/draw.ts'
import { ANSWERS, SELF } from '../../fixtures/answers.ts'
import { FakeControl } from '../../util/fake-control.ts'

process.env['TZ'] = 'UTC'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'

/** A prompt on a terminal that a test types at. */
class Typed {
  readonly control: FakeControl
  readonly input = new PassThrough()
  readonly output = Object.assign(new PassThrough(), { columns: 100, rows: 40 })
  readonly prompt: Prompt
  readonly ended: Promise<void>
  readonly historyFile: string
  #raw = ''
  #isEnded = false

  constructor({ control = new FakeControl(), canWrite = false, history }: Partial<TypedInit> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'starling-'))
    this.control = control
    this.historyFile = history ?? join(folder, 'history')
    this.output.on('data', (chunk: Buffer) => {
      this.#raw += chunk.toString()
    })
    this.prompt = new Prompt({
      control,
      self: SELF,
      prompt: 'here> ',
      canWrite,
      history: new History(this.historyFile),
      input: this.input,
      output: this.output,
      colors: false
    })
    this.ended = this.prompt.run().then(() => {
      this.#isEnded = true
    })
    onTestFinished(async () => {
      if (!this.#isEnded) this.prompt.end()
      await this.ended
      rmSync(folder, { recursive: true })
    })
  }

  /** Everything written since the last look, without what moves the cursor. */
  take(): string {
    const text = stripVTControlCharacters(this.#raw)
    this.#raw = ''

    return text
  }

  type(keys: string): void {
    this.input.write(keys)
  }

  /** Types, and waits until this is on the screen. */
  async see(keys: string, expected: string | RegExp): Promise<string> {
    let seen = ''
    this.type(keys)
    await vi.waitFor(
      () => {
        seen += this.take()
        expect(seen).toMatch(expected)
      },
      { timeout: 15_000 }
    )

    return seen
  }
}

interface TypedInit {
  control: FakeControl
  canWrite: boolean
  history: string
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\n', '\\r?\\n')

describe('a line', () => {
  test('is answered with a table, and the prompt comes back', async () => {
    const typed = new Typed()

    await typed.see('peers\r', new RegExp(`${escaped(drawResult('peers', ANSWERS.peers))}\\r?\\nhere> $`))
  })

  test('that the node refuses is answered in a line', async () => {
    const seen = await new Typed().see("peer('nobody')\r", /ends so \[ERR_CONTROL_PEER\]/)

    expect(seen).not.toContain('Uncaught')
  })

  test('that would change the node is refused', async () => {
    const typed = new Typed()
    await typed.see('pause\r', /--write \[ERR_REPL_READ_ONLY\]/)
    expect(typed.control.calls.map(({ method }) => method)).not.toContain('pause')

    const writing = new Typed({ canWrite: true })
    await writing.see('pause\r', 'paused: trains no more')
  })

  test('that is wrong is told so without a stack', async () => {
    const seen = await new Typed().see('foo\r', /Uncaught ReferenceError: foo is not defined\r?\nhere> $/)

    expect(seen).not.toContain('    at ')
  })

  test('can go on over several lines, and names stay', async () => {
    const typed = new Typed()
    await typed.see('const n = (await peers)[\r', /\| $/)
    await typed.see('"length"]\r', /here> $/)
    await typed.see('n + 1\r', /3\r?\nhere> $/)
  })

  test('of .help lists everything, and .clear forgets variables but not the API', async () => {
    const typed = new Typed()
    expect(await typed.see('.help\r', /refused here: start with --write/)).toContain("watch('round:ended', ...)")
    await typed.see('const p = 1\r.clear\r', /Clearing context/)
    await typed.see('typeof p\r', "'undefined'")
    await typed.see('(await peers).length\r', /2\r?\nhere> $/)
  })
})

describe('Tab', () => {
  test('completes names and peers', async () => {
    const typed = new Typed()
    await typed.see('sta\t', 'status')
    await typed.see("\u0015peer('..i\t", "peer('..iKyYPuyr")
  })

  test('asks the node for peers once for several presses', async () => {
    const typed = new Typed()
    await typed.see("peer('\t", "peer('..")
    typed.type('\t') // lists them, as nothing more is common to all
    await typed.see('', '..P7sETKKL')
    await typed.see('i\t', /^iKyYPuyr$/)

    expect(typed.control.calls.filter(({ method }) => method === 'peers')).toHaveLength(1)
  })

  test('leaves the rest to JavaScript', async () => {
    await new Typed().see('Math.hyp\t', 'Math.hypot')
  })
})

describe('Ctrl-C', () => {
  test('gives up a call, and the prompt goes on', async () => {
    const control = new FakeControl()
    control.gate = new Promise(() => undefined)
    const typed = new Typed({ control })
    typed.type('peers\r')
    await vi.waitFor(() => expect(control.calls).toHaveLength(1), { timeout: 15_000 })
    await typed.see(CTRL_C, /interrupted; the node goes on/)
    control.gate = Promise.resolve()
    await typed.see('(await peers).length\r', /2\r?\nhere> $/)
  })

  test('gives up what is no call', async () => {
    const typed = new Typed()
    typed.type('await new Promise(() => undefined)\r')
    await typed.see('', 'await new')
    await typed.see(CTRL_C, 'interrupted')
  })

  test('ends a watch first, then leaves at the second on an empty line', async () => {
    const typed = new Typed()
    await typed.see("watch('round:ended')\r", 'watching round:ended')
    expect(typed.control.streams).toBe(1)
    await typed.see(CTRL_C, 'watches no more')
    expect(typed.control.streams).toBe(0)
    await typed.see(CTRL_C, 'To exit, press Ctrl')
    typed.type(CTRL_C)
    await typed.ended
  })
})

describe('watch', () => {
  const connected = { event: 'peer:connected', peer: ANSWERS.peers[0]!.peer } as const

  test('prints above the line that is being typed', async () => {
    const typed = new Typed()
    await typed.see("watch('peer:connected')\r", /here> $/)
    await typed.see('const half', 'half')
    typed.control.emit(connected)
    await typed.see('', /^14:03:09 peer {4}\.\.P7sETKKL joined\r?\nhere> const half$/)
    await typed.see(' = 4\rhalf\r', /4\r?\nhere> $/)
  })

  test('adds to what is watched, in one stream', async () => {
    const typed = new Typed()
    await typed.see("watch('peer:connected')\r", /here> $/)
    await typed.see("watch('peer:disconnected')\r", 'watching peer:connected, peer:disconnected')
    await typed.see('watch\r', 'watching all events')
    expect(typed.control.streams).toBe(1)
    await typed.see('unwatch\r', 'watches no more')
    await typed.see('unwatch\r', 'nothing is watched')
    expect(typed.control.streams).toBe(0)
  })

  test('knows the names of events', async () => {
    await new Typed().see("watch('peer:conected')\r", /did you mean "peer:connected"\? \[ERR_CONTROL_PARAMS\]/)
  })

  test('is over when the person leaves', async () => {
    const typed = new Typed()
    await typed.see('watch\r', 'watching all')
    typed.type(CTRL_D)
    await typed.ended

    expect(typed.control.streams).toBe(0)
  })
})

describe('history', () => {
  test('is kept, and comes back with the arrows', async () => {
    const first = new Typed()
    await first.see('hash\r', /here> $/)
    await first.see('foo\r', /here> $/)
    first.type('.exit\r')
    await first.ended

    expect(new History(first.historyFile).load()).toEqual(['.exit', 'foo', 'hash'])
    const second = new Typed({ history: first.historyFile })
    await second.see('\u001b[A\u001b[A\u001b[A', /hash$/)
  })
})

test('the end of the node takes the prompt away, though a call is waited for', async () => {
  const control = new FakeControl()
  control.gate = new Promise(() => undefined)
  const typed = new Typed({ control })
  typed.type('peers\r')
  await vi.waitFor(() => expect(control.calls).toHaveLength(1), { timeout: 15_000 })
  typed.prompt.end()

  await typed.ended
})
