import { expect, test } from 'vitest'
import { describeEvent } from '../../src/cli/describe-event.ts'

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
