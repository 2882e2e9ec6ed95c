/**
 * Runs the tests with vitest, `npm test -- PATH ...` only those of PATH, and
 * closes with one line that counts them. The exit code is vitest's.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The part of vitest's JSON report that is counted. */
export interface TestReport {
  testResults: readonly { status: string; assertionResults: readonly { status: string }[] }[]
}

export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

const SIGNAL_EXIT_CODE = 128

/**
 * Counts tests. A file that fails without a failed test (it did not load, say)
 * counts as one failed; so does a failing exit code that no test accounts for.
 *
 * @param report - undefined when vitest ended before it wrote one
 */
export function countTests(report: TestReport | undefined, exitCode: number): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 }

  for (const file of report?.testResults ?? []) {
    const failedBefore = counts.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++
      else if (status === 'failed') counts.failed++
      else counts.skipped++
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed++
  }

  return counts.failed === 0 && exitCode !== 0 ? { ...counts, failed: 1 } : counts
}

/** The closing line, `12 passed, 0 failed`; skipped tests have one of their own before it, when there are any. */
export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${skipped > 0 ? `${skipped} skipped\n` : ''}${passed} passed, ${failed} failed`
}

/** Runs vitest to its end with our output streams; a signal to us ends it too. The report goes to `reportPath`. */
function runVitest(args: readonly string[], reportPath: string): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const reporter = fileURLToPath(new URL('test-reporter.ts', import.meta.url))
  const reporters = ['--reporter=default', `--reporter=${reporter}`, `--outputFile=${reportPath}`]
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], { stdio: 'inherit' })
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  // outlive Ctrl-C, to report; a terminal sends it to vitest as well
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))

  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? SIGNAL_EXIT_CODE + constants.signals[signal!]))
  })
}

function readReport(path: string): TestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // vitest ended before it wrote one; its exit code is not 0 then
  }
}

async function main(args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-test-'))
  try {
    const reportPath = join(folder, 'report.json')
    const exitCode = await runVitest(args, reportPath)
    const report = readReport(reportPath)
    // vitest counts as failed when it did not even report
    const honestCode = exitCode === 0 && report === undefined ? 1 : exitCode

    console.log(`\n${formatCounts(countTests(report, honestCode))}`)
    return honestCode
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
