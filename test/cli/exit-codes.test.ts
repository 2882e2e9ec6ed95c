import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts'
import { CodedError, InvalidConfigError } from '../../src/interface/errors.ts'

test.each([
  { error: new InvalidConfigError('x'), expected: EXIT.usage },
  { error: new CodedError('ERR_JOB_UNREADABLE', 'x'), expected: EXIT.usage },
  { error: new CodedError('ERR_DATA_NOT_FOUND', 'x'), expected: EXIT.data },
  { error: new CodedError('ERR_DEVICE_UNAVAILABLE', 'x'), expected: EXIT.device },
  { error: new CodedError('ERR_DIAL_FAILED', 'x'), expected: EXIT.network },
  { error: new CodedError('ERR_BANS_FULL', 'x'), expected: EXIT.usage },
  { error: new CodedError('ERR_BANS_UNWRITABLE', 'x'), expected: EXIT.data },
  { error: new CodedError('ERR_MODEL_STALLED', 'x'), expected: EXIT.network },
  { error: new CodedError('ERR_SWARM_DIED', 'x'), expected: EXIT.runFailed },
  { error: new CodedError('ERR_SIMULATION_STALLED', 'x'), expected: EXIT.runFailed },
  { error: new CodedError('ERR_ENGINE_CRASHED', 'x'), expected: EXIT.failure },
  { error: new TypeError('x'), expected: EXIT.failure }
])('$error.code exits with $expected', ({ error, expected }) => {
  expect(exitCodeOf(error)).toBe(expected)
})

/** What answers the calls of clients, and what that calls in turn. */
const HANDLERS = [
  ...readdirSync(new URL('../../src/node/inspect', import.meta.url)).map((name) => `node/inspect/${name}`),
  ...['node/ban-keeper.ts', 'node/checkpoints.ts', 'interface/waits.ts'],
  ...['gossip/network.ts', 'gossip/admission.ts', 'gossip/model-puller.ts', 'gossip/model-receiver.ts'],
  'wire/model-codec.ts'
]

test('no answer that a running node is known to give is an unexpected failure', () => {
  const sources = HANDLERS.map((name) => readFileSync(new URL(`../../src/${name}`, import.meta.url), 'utf8'))
  // with what stands for a whole family: ERR_MODEL_*
  const codes = [...new Set(sources.flatMap((source) => source.match(/ERR_[A-Z\d_]+/g) ?? []))]
  // of a program that encodes a model too large for the protocol
  const unexpected = ['ERR_ENCODE_LIMIT']

  expect(codes.length).toBeGreaterThan(20)
  const failures = codes.filter((code) => exitCodeOf(new CodedError(code, 'x')) === EXIT.failure)
  expect(failures.filter((code) => !unexpected.includes(code))).toEqual([])
})

test('the page has a row for each exit code, and no other but that of SIGKILL', () => {
  const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8')
  const [, table = ''] = /^## Exit codes\n([\s\S]*?)^## /m.exec(page) ?? []
  const codes = [...table.matchAll(/^\| (\d+) \| (.{4,}) \|$/gm)].map(([, code]) => Number(code))

  expect(codes.toSorted((a, b) => a - b)).toEqual([...Object.values(EXIT), 137].toSorted((a, b) => a - b))
})
