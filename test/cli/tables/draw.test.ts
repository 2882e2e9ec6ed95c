import { describe, expect, test } from 'vitest'
import { drawResult } from '../../../src/cli/tables/draw.ts'
import { METHODS, type MethodName } from '../../../src/node/control/schema.ts'
import { ANSWERS } from '../../fixtures/answers.ts'
import { expectGolden } from '../../util/golden.ts'

process.env['TZ'] = 'UTC'

const names = Object.keys(METHODS) as MethodName[]
const draw = (method: MethodName): string => drawResult(method, ANSWERS[method])
const COLUMNS = 100

test('the result of each method, as a person sees it', () => {
  expectGolden('tables', names.map((name) => `== ${name}\n${draw(name)}\n`).join('\n'))
})

test('the answers are what the schema allows', () => {
  for (const name of names) expect(METHODS[name].result.safeParse(ANSWERS[name]).error, name).toBeUndefined()
})

test.each(names)('%s fits a terminal of 100 columns', (name) => {
  // addresses and paths are as long as they are
  const lines = draw(name)
    .split('\n')
    .filter((line) => !/\/(ip[46]|home)\//.test(line))

  expect(lines.filter((line) => line.length > COLUMNS)).toEqual([])
})

test('where there is nothing, that is said', () => {
  const lists = names.filter((name) => Array.isArray(ANSWERS[name]) && name !== 'methods')

  expect(lists.length).toBeGreaterThan(6)
  expectGolden('empty', lists.map((name) => `${name}: ${drawResult(name, [] as never)}`).join('\n'))
})

test('a peer that is shut out is shown with its ban', () => {
  const gone = { agent: null, address: null, direction: null, path: null, connectedSeconds: null, latencyMs: null }
  const peer = { ...ANSWERS.peer, ...gone, addresses: [], ban: ANSWERS.ban, rejections: 2, lastRejection: 'ERR_A' }

  expect(METHODS.peer.result.safeParse(peer).success).toBe(true)
  expectGolden('banned', drawResult('peer', peer))
})

describe('what a peer says of itself', () => {
  const hostile = 'evil\u001b[2J\u009b31m\r\nstarling\u202egnp'

  test.each(['peers', 'peer', 'scores', 'bans', 'why'] as const)('cannot move the cursor: %s', (name) => {
    const text = drawResult(name, poisoned(ANSWERS[name], hostile))

    expect(text).toContain('evil?')
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
    // as many lines as with words
    expect(text.split('\n').length).toBe(drawResult(name, poisoned(ANSWERS[name], 'evil?')).split('\n').length)
  })
})

/** The same with other text wherever a peer, or somebody else's program, may have written it. */
function poisoned<T>(value: T, text: string): T {
  const FREE = ['agent', 'address', 'reason', 'what', 'lastRejection']

  return JSON.parse(JSON.stringify(value), (key, each: unknown) => (FREE.includes(key) ? text : each)) as T
}
