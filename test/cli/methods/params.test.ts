import { describe, expect, test } from 'vitest'
import type { OfferedMethod } from '../../../src/cli/methods/offered.ts'
import { callFromArguments, callFromNames, signature } from '../../../src/cli/methods/params.ts'
import { PEER_A } from '../../fixtures/answers.ts'

describe('what is written between parentheses', () => {
  test.each<{ id: string; method: OfferedMethod; args: unknown[]; params: object; called?: OfferedMethod }>([
    { id: 'nothing', method: 'rounds', args: [], params: {} },
    { id: 'a value', method: 'rounds', args: [5], params: { last: 5 } },
    { id: 'a name', method: 'rounds', args: [{ last: 5 }], params: { last: 5 } },
    { id: 'a peer as tables print it', method: 'peer', args: ['..P7sETKKL'], params: { peer: 'P7sETKKL' } },
    { id: 'a whole peer', method: 'peer', args: [PEER_A], params: { peer: PEER_A } },
    { id: 'two peers', method: 'compare', args: ['..A', '..B'], params: { a: 'A', b: 'B' } },
    {
      id: 'a value, and names',
      method: 'ban',
      args: ['..x', { seconds: 60, reason: '..r' }],
      params: { peer: 'x', seconds: 60, reason: '..r' }
    },
    { id: 'values in order', method: 'ban', args: ['x', 'r', 60], params: { peer: 'x', reason: 'r', seconds: 60 } },
    { id: 'what it needs first', method: 'setLogLevel', args: ['debug'], params: { level: 'debug' } },
    { id: 'a question', method: 'setLogLevel', args: [], params: {}, called: 'logLevels' }
  ])('$id', ({ method, args, params, called = method }) => {
    expect(callFromArguments(method, args)).toEqual({ method: called, params })
  })

  test.each<{ method: OfferedMethod; args: unknown[]; message: string }>([
    {
      method: 'peer',
      args: [],
      message: 'peer: it needs peer, the id of a peer, or its end as tables print it; it is called peer(peer)'
    },
    {
      method: 'rounds',
      args: [0],
      message: 'rounds: last is a whole number from 1 to 1000, not 0; it is called rounds(last)'
    },
    {
      method: 'rounds',
      args: ['many'],
      message: "rounds: last is a whole number from 1 to 1000, not 'many'; it is called rounds(last)"
    },
    { method: 'status', args: [1], message: 'status: it takes nothing; it is called status' },
    {
      method: 'peer',
      args: ['a', 'b'],
      message: 'peer: it takes 1 value at most; it is called peer(peer)'
    },
    {
      method: 'ban',
      args: ['a', { secnds: 4 }],
      message: 'ban: it has no param "secnds", did you mean "seconds"?; it is called ban(peer, { reason, seconds })'
    },
    {
      method: 'ban',
      args: ['a', { seconds: -1 }],
      message: 'ban: seconds is a number above 0, up to 3153600000, not -1; it is called ban(peer, { reason, seconds })'
    },
    {
      method: 'setLogLevel',
      args: ['loud'],
      message:
        "logLevel: level is one of silent, error, warn, info, debug, not 'loud'; it is called logLevel(level, { module })"
    }
  ])('$method $args is refused', ({ method, args, message }) => {
    expect(() => callFromArguments(method, args)).toThrow(
      expect.objectContaining({ code: 'ERR_CONTROL_PARAMS', message })
    )
  })
})

test('flags that were not given are no params', () => {
  expect(callFromNames('ban', { peer: '..x', reason: undefined, seconds: 5 })).toEqual({
    method: 'ban',
    params: { peer: 'x', seconds: 5 }
  })
  expect(callFromNames('setLogLevel', { level: undefined, module: undefined }).method).toBe('logLevels')
})

test('how methods are called', () => {
  expect((['status', 'peer', 'rounds', 'compare', 'ban', 'setLogLevel'] as const).map(signature)).toEqual([
    'status',
    'peer(peer)',
    'rounds(last)',
    'compare(a, b)',
    'ban(peer, { reason, seconds })',
    'logLevel(level, { module })'
  ])
})
