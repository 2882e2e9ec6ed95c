import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { fieldsOf } from '../../../src/cli/methods/fields.ts'
import { isActing, OFFERED, promptName } from '../../../src/cli/methods/offered.ts'
import { evaluateAll, evaluateLines } from '../../../src/cli/repl/script.ts'
import { drawResult } from '../../../src/cli/tables/draw.ts'
import { ANSWERS, PEER_A } from '../../fixtures/answers.ts'
import { FakeControl } from '../../util/fake-control.ts'

process.env['TZ'] = 'UTC'

interface Options {
  control?: FakeControl
  canWrite?: boolean
  json?: boolean
}

/** What these pieces of code print. */
async function printed(codes: readonly string[], options: Options = {}): Promise<string> {
  const output = new PassThrough()
  const { control = new FakeControl(), canWrite = true, json = false } = options
  await evaluateAll(codes, { control, canWrite, json, output })
  output.end()

  return text(output)
}

/** Something that the schema takes for each param that a method needs. */
function example(method: (typeof OFFERED)[number]): string {
  const values = fieldsOf(method)
    .filter(({ isRequired }) => isRequired)
    .map(({ isPeer, choices }) => JSON.stringify(isPeer ? '..P7sETKKL' : (choices[0] ?? 'text')))

  return `${promptName(method)}${values.length === 0 ? '' : `(${values.join(', ')})`}`
}

describe.each([...OFFERED])('%s', (method) => {
  test('prints its table', async () => {
    expect(await printed([example(method)])).toBe(`${drawResult(method, ANSWERS[method])}\n`)
  })

  test('prints plain JSON', async () => {
    expect(JSON.parse(await printed([example(method)], { json: true }))).toEqual(ANSWERS[method])
  })

  test(isActing(method) ? 'is refused without --write' : 'needs no --write', async () => {
    const control = new FakeControl()
    const promise = printed([example(method)], { control, canWrite: false })
    if (!isActing(method)) await promise
    else {
      await expect(promise).rejects.toMatchObject({
        code: 'ERR_REPL_READ_ONLY',
        message: expect.stringContaining('--write')
      })
      expect(control.calls).toEqual([])
    }
  })
})

describe('results', () => {
  test('are the same with and without parentheses, and behind await', async () => {
    const outputs = await Promise.all(
      ['peers', 'peers()', 'await peers', 'await peers()'].map((code) => printed([code]))
    )

    expect(new Set(outputs).size).toBe(1)
  })

  test('are plain data', async () => {
    expect(await printed(['(await peers).filter((p) => p.round === 41).map((p) => p.peer)'], { json: true })).toBe(
      `["${PEER_A}"]\n`
    )
    expect(await printed(['peers.then((p) => p.length)', 'peers().then((p) => p[1].rejections)'])).toBe('2\n3\n')
    expect(await printed(['Array.isArray(await peers)', 'Object.keys(await bytes).length'])).toBe('true\n5\n')
  })

  test('have names that the next piece of code knows', async () => {
    expect(await printed(['const p = await peers; let n = p.length', 'n', 'p'])).toBe(
      `2\n${drawResult('peers', ANSWERS.peers)}\n`
    )
  })

  test('of a filter are a table still', async () => {
    expect(await printed(['(await peers).slice(0, 1)'])).toBe(`${drawResult('peers', ANSWERS.peers.slice(0, 1))}\n`)
  })

  test('that are empty say why', async () => {
    const control = new FakeControl({ peers: [] })

    expect(await printed(['peers'], { control })).toBe(
      'no peers are connected\n' +
        'why: waiting for 1 of 2 models of round 41 from ..P7sETKKL ..iKyYPuyr, gives up in 3.8 s\n' +
        'why: waiting for the next rest, gives up in 10 min 0 s\n'
    )
  })

  test('of hash have what two nodes compare', async () => {
    const hashOf = async (modelHash: string | null): Promise<unknown> => {
      const control = new FakeControl({ status: { ...ANSWERS.status, modelHash } })

      return JSON.parse(await printed(['hash'], { json: true, control }))
    }

    expect(await hashOf('5e'.repeat(32))).toEqual({ round: 41, model: '5e'.repeat(32), set: null })
    expect(await hashOf(null)).toEqual({ round: 41, model: ANSWERS.models[0]!.hash, set: null })
  })

  test('that are text of a terminal are harmless', async () => {
    expect(await printed(['"a\\u001b[2J"', '"a\\u001b[2J\\nb"'])).toBe("'a\\x1B[2J'\na?[2J\nb\n")
  })
})

describe('failures', () => {
  test.each([
    { code: "peer('nobody')", expected: { code: 'ERR_CONTROL_PEER' } },
    { code: "const x = await peer('nobody')", expected: { code: 'ERR_CONTROL_PEER' } },
    { code: 'peer', expected: { code: 'ERR_CONTROL_PARAMS' } },
    { code: 'foo', expected: { code: 'ERR_REPL_EXPRESSION', message: 'ReferenceError: foo is not defined, in foo' } },
    { code: 'let y = foo', expected: { code: 'ERR_REPL_EXPRESSION' } },
    { code: 'let z = await foo', expected: { code: 'ERR_REPL_EXPRESSION' } },
    {
      code: 'peers(',
      expected: { code: 'ERR_REPL_EXPRESSION', message: 'SyntaxError: Unexpected end of input, in peers(' }
    },
    { code: 'throw 5', expected: { code: 'ERR_REPL_EXPRESSION', message: 'thrown: 5, in throw 5' } },
    { code: 'throw null', expected: { code: 'ERR_REPL_EXPRESSION', message: 'thrown: null, in throw null' } },
    { code: 'Promise.reject(new TypeError("no"))', expected: { code: 'ERR_REPL_EXPRESSION' } },
    { code: "watch('round:ended')", expected: { code: 'ERR_REPL_EXPRESSION' } }
  ])('of $code', async ({ code, expected }) => {
    await expect(printed([code])).rejects.toMatchObject(expected)
  })

  test('end what comes after', async () => {
    const control = new FakeControl()
    await expect(printed(['foo', 'peers'], { control })).rejects.toThrow('foo')

    expect(control.calls).toEqual([])
  })

  test('of a value that JSON cannot say', async () => {
    await expect(printed(['() => 1'], { json: true })).rejects.toThrow('a function is no JSON')
    await expect(printed(['1n'], { json: true })).rejects.toMatchObject({ code: 'ERR_REPL_EXPRESSION' })
  })
})

describe('lines from a pipe', () => {
  async function piped(lines: string): Promise<string> {
    const output = new PassThrough()
    await evaluateLines(Readable.from([lines]), { control: new FakeControl(), canWrite: false, json: true, output })
    output.end()

    return text(output)
  }

  test('are evaluated in order, statements over several lines too', async () => {
    expect(await piped('const f = (x) => {\n  return x + 1\n}\n(await peers).length\n\nf(3)\n')).toBe('2\n4\n')
  })

  test('that end in the middle are told so', async () => {
    await expect(piped('1\nf(')).rejects.toMatchObject({ code: 'ERR_REPL_EXPRESSION' })
  })
})
