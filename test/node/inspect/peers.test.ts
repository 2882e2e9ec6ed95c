import { expect, test } from 'vitest'
import type { InspectContext } from '../../../src/node/inspect/context.ts'
import { NodeMemory } from '../../../src/node/inspect/node-memory.ts'
import { peerOf } from '../../../src/node/inspect/peers.ts'
import { PEER_A, PEER_B, SELF } from '../../fixtures/answers.ts'

const bytes = { sent: 0, received: 0 }
const ban = { who: PEER_B, reason: 'floods', sinceMs: 0, untilMs: null }

/** A node that is connected to nobody. */
function alone({ members = [], bans = [] }: { members?: { peer: string }[]; bans?: { who: string }[] } = {}) {
  const memory = new NodeMemory(() => 0)
  const inside = {
    network: { self: SELF, peers: () => [], peerFacts: () => [] },
    learner: { inspect: () => ({ models: [], members }) },
    bans: { list: () => bans, of: (peer: string) => bans.find(({ who }) => who === peer) }
  }

  return { memory, context: { memory, inside: () => inside } as unknown as InspectContext }
}

const NOT_CONNECTED = {
  ...{ agent: null, address: null, direction: null, path: null, connectedSeconds: null, latencyMs: null },
  addresses: []
}

test('a peer that was banned is known, though it is connected no more', () => {
  const { context } = alone({ bans: [ban, { ...ban, who: '192.0.2.66' }] })

  expect(peerOf(context, PEER_B.slice(-8))).toMatchObject({
    ...NOT_CONNECTED,
    peer: PEER_B,
    ban: { reason: 'floods', until: null }
  })
  expect(() => peerOf(context, '192.0.2.66')).toThrow(/no peer that this node knows/)
})

test('so is one that was judged, was refused, or is a member', () => {
  const { memory, context } = alone({ members: [{ peer: SELF }, { peer: 'member' }] })
  const judged = { event: 'peer:scored', peer: PEER_A, score: 0.1, excluded: true, round: 3, reason: 'far' } as const
  memory.observe({ ...judged, ms: 1, bytes })
  memory.observe({ event: 'peer:rejected', peer: PEER_B, code: 'ERR_MODEL_HASH', verdict: 'penalise' })

  expect(peerOf(context, PEER_A)).toMatchObject({ ...NOT_CONNECTED, score: 0.1, excluded: true, reason: 'far' })
  expect(peerOf(context, PEER_B)).toMatchObject({ ...NOT_CONNECTED, rejections: 1, ban: null })
  expect(peerOf(context, 'member')).toMatchObject({ ...NOT_CONNECTED, peer: 'member', rejections: 0 })
  expect(() => peerOf(context, SELF)).toThrow(/no peer that this node knows/)
})
