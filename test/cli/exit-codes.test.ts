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
