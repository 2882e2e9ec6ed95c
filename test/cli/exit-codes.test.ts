import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts'
import { CodedError, InvalidConfigError } from '../../src/interface/errors.ts'

test.each([
  { error: new InvalidConfigError('x'), expected: EXIT.usage },
  { error: new CodedError('ERR_JOB_UNREADABLE', 'x'), expected: EXIT.usage },
  { error: new CodedError('ERR_DATA_NOT_FOUND', 'x'), expected: EXIT.data },
  { error: new CodedError('ERR_DEVICE_UNAVAILABLE', 'x'), expected: EXIT.device },
  { error: new CodedError('ERR_DIAL_FAILED', 'x'), expected: EXIT.network },
  { error: new CodedError('ERR_SWARM_DIED', 'x'), expected: EXIT.runFailed },
  { error: new CodedError('ERR_SIMULATION_STALLED', 'x'), expected: EXIT.runFailed },
  { error: new CodedError('ERR_ENGINE_CRASHED', 'x'), expected: EXIT.failure },
  { error: new TypeError('x'), expected: EXIT.failure }
])('$error.code exits with $expected', ({ error, expected }) => {
  expect(exitCodeOf(error)).toBe(expected)
})

test('the page has a row for each exit code, and no other but that of SIGKILL', () => {
  const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8')
  const [, table = ''] = /^## Exit codes\n([\s\S]*?)^## /m.exec(page) ?? []
  const codes = [...table.matchAll(/^\| (\d+) \| (.{4,}) \|$/gm)].map(([, code]) => Number(code))

  expect(codes.toSorted((a, b) => a - b)).toEqual([...Object.values(EXIT), 137].toSorted((a, b) => a - b))
})
