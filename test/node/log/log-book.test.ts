import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseLogLevels } from '../../../src/node/log/levels.ts'
import { LogBook, type LogFormat } from '../../../src/node/log/log-book.ts'

function book(levels: string, format: LogFormat, isTerminal = false) {
  const lines: string[] = []
  const out = { write: (line: string) => lines.push(line), isTerminal }
  return { lines, logs: new LogBook({ levels: parseLogLevels(levels), format, out }) }
}

describe('a log', () => {
  test('in a file that can not be opened says what to do', () => {
    const make = () => new LogBook({ levels: parseLogLevels('info'), format: 'json', file: tmpdir() })
    expect(make).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_FILE', message: expect.stringContaining('name a file in it') })
    )
  })

  test('that is closed takes no more, and nothing comes of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'starling-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'log')
    const out = { write: () => undefined, isTerminal: false }
    const logs = new LogBook({ levels: parseLogLevels('info'), format: 'json', file, out })
    const log = logs.of('node')
    log('info', 'before', {})
    await expect.poll(() => readFileSync(file, 'utf8')).toContain('before')
    await new Promise(setImmediate)
    logs.close()
    log('info', 'after', {})
    logs.close()
    expect(readFileSync(file, 'utf8')).not.toContain('after')
  })

  test('is JSON where no terminal is', () => {
    const { lines, logs } = book('info', 'auto')
    logs.of('gossip:dialer')('warn', 'nobody there', { peer: 'a', tries: 3 })
    expect(lines).toHaveLength(1)
    const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>
    expect(rest).toEqual({ level: 'warn', scope: 'gossip:dialer', message: 'nobody there', peer: 'a', tries: 3 })
    expect(Date.parse(time as string)).not.toBeNaN()
  })

  test('is text on a terminal, one line each, of which nothing commands the terminal', () => {
    const { lines, logs } = book('info', 'auto', true)
    logs.of('node')('error', 'two\nlines', { bell: '\u0007\u001b[2J' })
    expect(lines[0]!.slice(8)).toBe(' \u001b[31merror\u001b[0m node     two | lines bell=??[2J\n')
  })

  test('text away from a terminal has the date and no colours', () => {
    const { lines, logs } = book('info', 'text')
    logs.of('waits')('info', 'waiting for rain', {})
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}waits {4}waiting for rain\n$/)
  })

  test('changes its levels while it runs', () => {
    const { lines, logs } = book('warn', 'json')
    const log = logs.of('gossip')
    log('debug', 'before', {})
    logs.setLevel('gossip', 'debug')
    log('debug', 'during', {})
    logs.of('node')('debug', 'elsewhere', {})
    logs.setLevel('all', 'silent')
    log('error', 'after', {})
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['during'])
    expect(logs.levels).toEqual({ all: 'silent' })
    expect(() => logs.setLevel('gosip', 'debug')).toThrow(/did you mean "gossip"/)
  })

  test('goes to a file of its own too, that others cannot read, and is complete when closed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'starling-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'node.log')
    for (const round of [1, 2]) {
      const out = { write: () => undefined, isTerminal: true }
      const logs = new LogBook({ levels: { all: 'info' }, format: 'text', file, out })
      for (let i = 0; i < 500; i++) logs.of('node')('info', 'line', { round, i })
      logs.close()
      logs.close()
    }
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>).at(-1)).toMatchObject({ round: 2, i: 499 })
    expect(lines).toHaveLength(1000)
    expect(statSync(file).mode & 0o077).toBe(0)
  })

  test('a file that cannot be opened is named', () => {
    expect(() => new LogBook({ levels: { all: 'info' }, format: 'json', file: '/proc/none/x.log' })).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_FILE', message: expect.stringContaining('/proc/none/x.log') })
    )
  })
})
