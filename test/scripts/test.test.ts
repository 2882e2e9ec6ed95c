import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { countTests, formatCounts } from '../../scripts/test.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each }))
})

describe('countTests', () => {
  test.each([
    {
      id: 'tests of all files, by status',
      files: [file('passed', 'passed', 'pending'), file('failed', 'failed', 'passed', 'todo', 'skipped')],
      exitCode: 1,
      expected: { passed: 2, failed: 1, skipped: 3 }
    },
    {
      id: 'a file that did not load, or whose hook failed, as one failure',
      files: [file('passed', 'passed'), file('failed'), file('failed', 'passed', 'skipped')],
      exitCode: 1,
      expected: { passed: 2, failed: 2, skipped: 1 }
    },
    {
      id: 'an error outside all tests as one failure',
      files: [file('passed', 'passed')],
      exitCode: 1,
      expected: { passed: 1, failed: 1, skipped: 0 }
    },
    { id: 'a crash', files: undefined, exitCode: 137, expected: { passed: 0, failed: 1, skipped: 0 } }
  ])('counts $id', ({ files, exitCode, expected }) => {
    expect(countTests(files && { testResults: files }, exitCode)).toEqual(expected)
  })
})

test.each([
  { counts: { passed: 12, failed: 0, skipped: 0 }, expected: '12 passed, 0 failed' },
  { counts: { passed: 1, failed: 2, skipped: 3 }, expected: '3 skipped\n1 passed, 2 failed' }
])('formatCounts: $expected', ({ counts, expected }) => {
  expect(formatCounts(counts)).toBe(expected)
})

describe('npm test', () => {
  const script = fileURLToPath(new URL('../../scripts/test.ts', import.meta.url))

  /** Runs the script over these files in a folder of their own. */
  function runTests(files: Record<string, string>, filters: readonly string[] = []) {
    const root = mkdtempSync(join(tmpdir(), 'starling-test-of-test-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)

    const args = [script, '--root', root, '--globals', ...filters]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 })
    return { status, lines: stdout.trimEnd().split('\n') }
  }

  const files = {
    'good.test.js': 'test("one", () => {}); test.skip("two", () => {})',
    'bad.test.js': 'test("three", () => { expect(1).toBe(2) })'
  }

  test("closes with the counts and exits with vitest's code", () => {
    const { status, lines } = runTests(files)

    expect(lines.slice(-2)).toEqual(['1 skipped', '1 passed, 1 failed'])
    expect(lines.join('\n')).toContain('three')
    expect(status).toBe(1)
  })

  test('runs only what the filter names', () => {
    const { status, lines } = runTests(files, ['good'])

    expect(lines.slice(-2)).toEqual(['1 skipped', '1 passed, 0 failed'])
    expect(status).toBe(0)
  })

  test('says so when vitest is killed before it reports', () => {
    const { status, lines } = runTests({ 'kill.test.js': 'process.kill(process.ppid, "SIGKILL")' })

    expect(lines.at(-1)).toBe('0 passed, 1 failed')
    expect(status).toBe(137)
  })
})
