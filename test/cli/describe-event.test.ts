import { describe, expect, test } from 'vitest'
import { describeEvent } from '../../src/cli/describe-event.ts'
import { eventLine } from '../../src/cli/tables/event-line.ts'
import { NODE_EVENTS, type NodeEvent } from '../../src/node/events.ts'

const bytes = { sent: 1, received: 2 }
const peer = '12D3KooWaaaaaaaaZPcFHnpU'

test.each([
  {
    event: { event: 'node:listening', peer, addresses: ['/dns/a/tcp/1', '/dns/b/tcp/1'], reachability: 'lan' },
    line: `join    starling node job.yaml --join /dns/a/tcp/1
join    starling node job.yaml --join /dns/b/tcp/1
reach   lan: nodes on this network can connect; for others open a port, or join one that has --relay`
  },
  {
    event: { event: 'reachability:changed', reachability: 'relay-only', addresses: [] },
    line: 'reach   relay-only: models off, SPSA on, but with peers that this node can dial itself'
  },
  {
    event: { event: 'peer:connected', peer, path: 'relayed' },
    line: 'peer    ..ZPcFHnpU joined through a relay: models off, SPSA on'
  },
  { event: { event: 'peer:connected', peer, path: 'direct' }, line: 'peer    ..ZPcFHnpU joined' },
  {
    event: { event: 'peer:rerouted', peer, path: 'direct' },
    line: 'peer    ..ZPcFHnpU needs no relay any more: models on'
  },
  {
    event: { event: 'peer:rerouted', peer, path: 'relayed' },
    line: 'peer    ..ZPcFHnpU needs a relay now: models off, SPSA on'
  },
  {
    event: { event: 'model:aggregated', round: 41, ms: 9, merged: 9, expected: 10, waitedMs: 1234, bytes },
    line: 'merged  aggregated 9 of 10 models of round 41 after 1.2 s'
  },
  {
    event: { event: 'model:merged', round: 3, ms: 9, policy: 'variance-corrected', factor: 1.2345, bytes },
    line: 'merged  round 3 by variance-corrected: stretched by 1.234'
  },
  {
    event: { event: 'model:merged', round: 3, ms: 9, policy: 'aligned', moved: 0.25, bytes },
    line: 'merged  round 3 by aligned: 25.0 % of the hidden units moved'
  },
  {
    event: { event: 'member:changed', ms: 9, peer, status: 'leave', round: 7, bytes },
    line: 'member  ..ZPcFHnpU left the swarm, in about round 7'
  },
  {
    event: { event: 'wait:expired', ms: 9, what: '2 of 4 models of round 3', from: [peer], bytes },
    line: 'wait    gave up on 2 of 4 models of round 3: ..ZPcFHnpU'
  },
  {
    event: {
      event: 'replica:measured',
      round: 3,
      ms: 9,
      setHash: '0123456789abcdef',
      modelHash: 'fedcba9876543210',
      projections: 24,
      perSecond: 7.6,
      lags: {},
      payloadBytes: 3,
      final: false,
      bytes
    },
    line: 'replica set 01234567, model fedcba98: 24 projections, 8 a second; wrote 3 B'
  },
  {
    event: { event: 'author:voided', ms: 9, peer, place: 5, bytes },
    line: 'void    ..ZPcFHnpU has signed two logs: nothing of it counts from projection 5 on'
  },
  {
    event: { event: 'snapshot:adopted', ms: 9, peer, projections: 640, vouchers: 2, bytes },
    line: 'replica began with a snapshot of 640 projections from ..ZPcFHnpU, which 2 other peers vouch for'
  },
  {
    event: { event: 'journal:failed', ms: 9, code: 'ERR_JOURNAL_UNUSABLE', unpublished: 3, most: 1024, bytes },
    line: 'warning ERR_JOURNAL_UNUSABLE: projections are not kept on disk; 3 of this node wait for it, unpublished, and at 1024 training waits too; look for a full disk or a folder without rights'
  },
  {
    event: { event: 'journal:mended', ms: 9, projections: 12, bytes },
    line: 'warning the disk has lost 12 projections of this node: its checkpoint has them, and they are kept again'
  }
] as const)('$event.event is a line', ({ event, line }) => {
  expect(describeEvent(event)).toBe(line)
})

test('the end of a round is no news for a person', () => {
  const event = { event: 'round:ended', round: 1, ms: 1, loss: 1, merged: 1, age: 0, waitedMs: 0, bytes } as const

  expect(describeEvent(event)).toBeUndefined()
})

describe('a diverging node', () => {
  /** Each event, with NaN for every number. */
  const diverged: { readonly [E in NodeEvent['event']]: Extract<NodeEvent, { event: E }> } = {
    'node:listening': { event: 'node:listening', peer, addresses: [], reachability: 'lan' },
    'node:ready': { event: 'node:ready', peer, addresses: [], jobId: '', pid: NaN, device: 'cpu', ms: NaN },
    'data:loaded': { event: 'data:loaded', examples: NaN, classCounts: [NaN], testExamples: NaN, dim: NaN },
    'peer:connected': { event: 'peer:connected', peer },
    'peer:disconnected': { event: 'peer:disconnected', peer },
    'peer:rerouted': { event: 'peer:rerouted', peer, path: 'direct' },
    'peer:rejected': { event: 'peer:rejected', peer, code: 'ERR_A', verdict: 'ignore' },
    'reachability:changed': { event: 'reachability:changed', reachability: 'lan', addresses: [] },
    'peer:banned': { event: 'peer:banned', who: peer, reason: '', until: null },
    'peer:unbanned': { event: 'peer:unbanned', who: peer },
    'strangers:refused': { event: 'strangers:refused', counts: { ERR_A: NaN } },
    'job:mismatched': { event: 'job:mismatched', peer, differences: [] },
    'node:resumed': { event: 'node:resumed', path: '', round: NaN, steps: NaN, savedAt: '', isSpent: false },
    'checkpoint:saved': {
      ...{ event: 'checkpoint:saved', round: NaN, steps: NaN, path: '', bytes: NaN, ms: NaN, isLast: true }
    },
    'checkpoint:failed': {
      ...{ event: 'checkpoint:failed', round: NaN, steps: NaN, code: '', reason: '', remedy: '', path: '' }
    },
    'checkpoint:refused': { event: 'checkpoint:refused', path: '', code: '', reason: '' },
    'round:ended': {
      ...{ event: 'round:ended', round: NaN, ms: NaN, loss: NaN, merged: NaN, age: NaN, waitedMs: NaN, bytes }
    },
    'model:aggregated': {
      ...{ event: 'model:aggregated', round: NaN, ms: NaN, merged: NaN, expected: NaN, waitedMs: NaN, bytes }
    },
    'merge:fell-back': {
      ...{ event: 'merge:fell-back', round: NaN, ms: NaN, have: NaN, needed: NaN, fallback: 'keep', bytes }
    },
    'merge:overflowed': { event: 'merge:overflowed', round: NaN, ms: NaN, have: NaN, bytes },
    'model:merged': { event: 'model:merged', round: NaN, ms: NaN, policy: '', factor: NaN, moved: NaN, bytes },
    'peer:scored': {
      ...{ event: 'peer:scored', round: NaN, ms: NaN, peer, score: NaN, excluded: true, reason: '', bytes }
    },
    'replica:measured': {
      event: 'replica:measured',
      ...{ round: NaN, ms: NaN, setHash: '', modelHash: '', projections: NaN, perSecond: NaN, lags: { [peer]: NaN } },
      ...{ payloadBytes: NaN, final: false, bytes }
    },
    'author:voided': { event: 'author:voided', ms: NaN, peer, place: NaN, bytes },
    'snapshot:adopted': { event: 'snapshot:adopted', ms: NaN, peer, projections: NaN, vouchers: NaN, bytes },
    'journal:failed': { event: 'journal:failed', ms: NaN, code: '', unpublished: NaN, most: NaN, bytes },
    'journal:mended': { event: 'journal:mended', ms: NaN, projections: NaN, bytes },
    'training:diverged': { event: 'training:diverged', ms: NaN, bytes },
    'fisher:overflowed': { event: 'fisher:overflowed', round: NaN, ms: NaN, bytes },
    'member:changed': { event: 'member:changed', ms: NaN, peer, status: 'join', round: NaN, bytes },
    'model:evaluated': {
      ...{ event: 'model:evaluated', round: NaN, ms: NaN, accuracy: NaN, loss: NaN, final: false, bytes }
    },
    'model:rejected': { event: 'model:rejected', ms: NaN, peer, code: 'ERR_A', verdict: 'ignore', bytes },
    'wait:expired': { event: 'wait:expired', ms: NaN, what: '', from: [], bytes },
    'phase:started': { event: 'phase:started', ms: NaN, phase: 'train', bytes },
    'node:stopped': {
      event: 'node:stopped',
      reason: 'failed',
      rounds: NaN,
      steps: NaN,
      bytes: { sent: NaN, received: NaN }
    }
  }

  test.each(NODE_EVENTS)('%s can be watched all the same', (name) => {
    // JSON has null for what is not finite
    const event = JSON.parse(JSON.stringify(diverged[name])) as NodeEvent

    expect(eventLine({ at: '2026-11-28T14:03:09.000Z', event })).not.toMatch(/undefined|NaN/)
  })

  test('says what is not a number', () => {
    const event = { event: 'model:evaluated', round: 3, ms: 9, accuracy: 0.1, loss: NaN, final: false, bytes } as const
    const line = 'round   3: accuracy 10.0 %, loss not a number, sent 1 B'

    expect(describeEvent(event)).toBe(line)
    expect(describeEvent(JSON.parse(JSON.stringify(event)))).toBe(line)
  })
})
