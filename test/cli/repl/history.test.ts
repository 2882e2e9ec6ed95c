import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { History, historyPath, MAX_HISTORY_LINES } from '../../../src/cli/repl/history.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'starling-'))
  onTestFinished(() => rmSync(path, { recursive: true }))

  return path
}

test('lines come back, newest first, from a file for its owner alone', () => {
  const path = join(folder(), 'state', 'history')
  const first = new History(path)
  expect(first.load()).toEqual([])
  for (const line of ['peers', 'why', 'why', 'status']) expect(first.add(line)).toBeUndefined()

  expect(new History(path).load()).toEqual(['status', 'why', 'peers'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('two prompts side by side keep the lines of both', () => {
  const path = join(folder(), 'history')
  const [a, b] = [new History(path), new History(path)]
  a.load()
  b.load()
  a.add('a')
  b.add('b')
  a.add('c')

  expect(new History(path).load()).toEqual(['c', 'b', 'a'])
})

test('a file that others could read is closed to them', () => {
  const path = join(folder(), 'history')
  writeFileSync(path, 'peers\n')
  chmodSync(path, 0o644)
  const history = new History(path)
  history.load()
  history.add('why')

  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('the file does not grow without end', () => {
  const path = join(folder(), 'history')
  const lines = Array.from({ length: 2 * MAX_HISTORY_LINES + 1 }, (_, i) => `line ${i}`)
  writeFileSync(path, `${lines.join('\n')}\n`)

  expect(new History(path).load()).toHaveLength(MAX_HISTORY_LINES)
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(MAX_HISTORY_LINES + 1)
})

test('where nothing can be written, that is said once', () => {
  const path = join(folder(), 'history')
  writeFileSync(path, '')
  const history = new History(join(path, 'below-a-file'))

  expect(history.load()).toEqual([])
  expect(history.add('peers')).toMatch(/^history is not kept: /)
  expect(history.add('why')).toBeUndefined()
})

test('the path follows XDG, and ignores what is not absolute', () => {
  expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/starling/repl-history')
  expect(historyPath({ XDG_STATE_HOME: 'state' })).toMatch(/\/\.local\/state\/starling\/repl-history$/)
})
