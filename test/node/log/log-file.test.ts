import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { LogBook } from '../../../src/node/log/log-book.ts'

const DAY_MS = 86_400_000
const NOON = Date.parse('2026-11-29T12:00:00Z')

let nowMs = NOON
beforeEach(() => {
  nowMs = NOON
})

/** Opens the log of a folder, as one run of a node does. */
function run(folder: string, keepDays = 14) {
  const shown: string[] = []
  const logs = new LogBook({
    ...{ levels: { all: 'info' }, format: 'json', file: join(folder, 'node.log'), keepDays, now: () => nowMs },
    out: { write: (line) => shown.push(line), isTerminal: false }
  })
  const say = (message: string): void => logs.of('node')('info', message, {})

  return { logs, say, shown }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return folder
}

/** Messages by file, sorted: at an end in the same tick, the first line may come after the others. */
function contents(folder: string): Record<string, string[]> {
  const messages = (name: string): string[] =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { message: string }).message)
      .sort()

  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, messages(name)])
  )
}

describe('the file of a log', () => {
  test('has a day: each line is in that of its day, and none is lost', async () => {
    const folder = newFolder()
    const { logs, say } = run(folder)
    for (let day = 0; day < 3; day++, nowMs += DAY_MS) for (let i = 0; i < 200; i++) say(`${day}.${i}`)
    logs.close()

    const of = (day: number): string[] => Array.from({ length: 200 }, (_, i) => `${day}.${i}`).sort()
    await expect
      .poll(() => contents(folder))
      .toEqual({
        'node.log': of(2),
        'node.log.2026-11-29': of(0),
        'node.log.2026-11-30': of(1)
      })
    expect(statSync(join(folder, 'node.log')).mode & 0o077).toBe(0)
  })

  test('begins at midnight of UTC, not before', async () => {
    const folder = newFolder()
    const { logs, say } = run(folder)
    nowMs = Date.parse('2026-11-29T23:59:59.999Z')
    say('last')
    nowMs++
    say('first')
    logs.close()

    await expect.poll(() => contents(folder)).toEqual({ 'node.log': ['first'], 'node.log.2026-11-29': ['last'] })
  })

  test('is kept for so many days; what is called otherwise is not touched', async () => {
    const folder = newFolder()
    for (const other of ['node.log.old', 'node.log.2026-11-2', 'other.log.2026-11-01']) {
      writeFileSync(join(folder, other), '')
    }
    const { logs, say } = run(folder, 2)
    for (let day = 0; day < 5; day++, nowMs += DAY_MS) say(`${day}`)
    logs.close()

    await expect
      .poll(() => Object.keys(contents(folder)))
      .toEqual([
        'node.log',
        'node.log.2026-11-2',
        'node.log.2026-12-01',
        'node.log.2026-12-02',
        'node.log.old',
        'other.log.2026-11-01'
      ])
  })

  test('of a node that did not run at midnight has the day of its last line', async () => {
    const folder = newFolder()
    const yesterday = run(folder)
    yesterday.say('yesterday')
    yesterday.logs.close()
    await expect.poll(() => contents(folder)).toEqual({ 'node.log': ['yesterday'] })
    utimesSync(join(folder, 'node.log'), NOON / 1000, NOON / 1000)
    nowMs += 3 * DAY_MS
    const today = run(folder)
    today.say('today')
    today.logs.close()

    await expect.poll(() => contents(folder)).toEqual({ 'node.log': ['today'], 'node.log.2026-11-29': ['yesterday'] })
  })

  test('goes on where it is when a node starts anew on the same day', async () => {
    const folder = newFolder()
    for (const life of ['first', 'second']) {
      const { logs, say } = run(folder)
      say(life)
      logs.close()
      await expect.poll(() => contents(folder)['node.log']).toContain(life)
      utimesSync(join(folder, 'node.log'), NOON / 1000, NOON / 1000)
    }

    await expect.poll(() => contents(folder)).toEqual({ 'node.log': ['first', 'second'] })
  })

  test('is one for all days where none is to be kept', async () => {
    const folder = newFolder()
    const { logs, say } = run(folder, 0)
    for (let day = 0; day < 3; day++, nowMs += DAY_MS) say(`${day}`)
    logs.close()

    await expect.poll(() => contents(folder)).toEqual({ 'node.log': ['0', '1', '2'] })
  })

  test('writes over no other: the clock was set back', async () => {
    const folder = newFolder()
    const { logs, say } = run(folder)
    say('a')
    nowMs += DAY_MS
    say('b')
    nowMs -= DAY_MS
    const again = run(folder)
    again.say('c')
    nowMs += DAY_MS
    again.say('d')
    logs.close()
    again.logs.close()

    const all = (): string[] => Object.values(contents(folder)).flat().sort()
    await expect.poll(all).toEqual(['a', 'b', 'c', 'd'])
    await expect.poll(() => contents(folder)['node.log.2026-11-29']).toEqual(['a'])
  })

  test('that can not be put away goes on, and the log says why', async () => {
    const parent = newFolder()
    const folder = join(parent, 'logs')
    mkdirSync(folder)
    const { logs, say, shown } = run(folder)
    say('a')
    renameSync(folder, join(parent, 'moved'))
    nowMs += DAY_MS
    say('b')
    logs.close()

    await expect
      .poll(() => contents(join(parent, 'moved'))['node.log'])
      .toEqual(['a', 'b', 'old log files stay', 'the log goes on in the file of the day before'])
    expect(shown.join('')).toMatch(/"level":"warn".*node\.log.*"reason":"/)
  })

  test('is put away though an old one can not be removed, and the log says so', async () => {
    const folder = newFolder()
    // called like the file of a day, and can't be removed like one
    mkdirSync(join(folder, 'node.log.2020-01-01'))
    const { logs, say, shown } = run(folder, 1)
    say('a')
    nowMs += DAY_MS
    say('b')
    logs.close()
    rmSync(join(folder, 'node.log.2020-01-01'), { recursive: true })

    await expect
      .poll(() => contents(folder))
      .toEqual({ 'node.log': ['b', 'old log files stay'], 'node.log.2026-11-29': ['a'] })
    expect(shown.join('')).toMatch(/"level":"warn".*node\.log.*"reason":"/)
  })
})
