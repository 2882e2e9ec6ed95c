import { describe, expect, test } from 'vitest'
import type { MemberRecord } from '../../src/interface/membership.ts'
import { createRng } from '../../src/math/philox.ts'
import { activeMembers, activityWindow } from '../../src/sampling/active.ts'
import { PeerOrder } from '../../src/sampling/order.ts'
import { initialRecord } from '../../src/sampling/view.ts'

const query = { round: 100, window: 20, self: 'self' }

function placeOf(change: Partial<MemberRecord>, round = 100): 'active' | 'suspected' | 'out' {
  const { active, suspected } = activeMembers([['p', { ...initialRecord, ...change }]], { ...query, round })
  if (active.length + suspected.length === 0) return 'out'
  return active.length > 0 ? 'active' : 'suspected'
}

describe('a member', () => {
  test.each([
    { id: 'active in the window', record: { lastActive: 80 }, place: 'active' },
    { id: 'active just before it', record: { lastActive: 79 }, place: 'out' },
    { id: 'silent since', record: { lastActive: 90, lastSilent: 91 }, place: 'suspected' },
    { id: 'silent, then active in the same round', record: { lastActive: 91, lastSilent: 91 }, place: 'active' },
    { id: 'silent since, and long ago', record: { lastActive: 79, lastSilent: 91 }, place: 'out' },
    { id: 'that has left', record: { lastActive: 99, status: 'leave', index: 1, since: 99 }, place: 'out' },
    { id: 'that joined, and was not heard of yet', record: { index: 1, since: 80 }, place: 'active' },
    { id: 'that joined before the window', record: { index: 1, since: 79 }, place: 'out' },
    { id: 'that came back', record: { lastActive: 40, lastSilent: 30, index: 3, since: 90 }, place: 'active' },
    { id: 'that joined two rounds ago', record: { lastActive: 98, index: 1, since: 98 }, place: 'active' },
    { id: 'that joined the round before', record: { lastActive: 99, index: 1, since: 99 }, place: 'out' },
    { id: 'of a round to come', record: { lastActive: 105, index: 1, since: 105 }, place: 'out' }
  ] as const)('$id: $place', ({ record, place }) => {
    expect(placeOf(record)).toBe(place)
  })

  test('from the start counts from round 0 on, until a window has passed', () => {
    expect([0, 1, 20].map((round) => placeOf({}, round))).toEqual(['active', 'active', 'active'])
    expect(placeOf({}, 21)).toBe('out')
  })
})

test('oneself is always active, whatever is said of one', () => {
  for (const change of [{}, { status: 'leave' as const }, { lastSilent: 99 }, { since: 100 }]) {
    expect(activeMembers([['self', { ...initialRecord, ...change }]], query)).toEqual({
      active: ['self'],
      suspected: []
    })
  }
})

test('both lists keep the order of the view', () => {
  const heard = { ...initialRecord, lastActive: 90 }
  const view = new Map([
    ['d', heard],
    ['b', { ...heard, lastSilent: 95 }],
    ['self', initialRecord],
    ['a', heard],
    ['c', { ...heard, lastSilent: 92 }]
  ])

  expect(activeMembers(view, query)).toEqual({ active: ['d', 'self', 'a'], suspected: ['b', 'c'] })
})

describe('the window', () => {
  test.each([
    { members: 10, sample: 10, window: 20 },
    { members: 100, sample: 10, window: 120 },
    { members: 1000, sample: 7, window: 1715 },
    { members: 0, sample: 4, window: 20 }
  ])('$members members, $sample sampled: $window rounds', ({ members, sample, window }) => {
    expect(activityWindow(members, sample)).toBe(window)
  })

  test('loses nobody of a live swarm by not drawing it', () => {
    const peers = Array.from({ length: 60 }, (_, k) => `peer${k}-${createRng(1, 'window').uint32()}`)
    const sample = 6
    const window = activityWindow(peers.length, sample)
    const view = new Map<string, MemberRecord>(peers.map((peer) => [peer, initialRecord]))
    for (let round = 1; round <= 1500; round++) {
      const { active } = activeMembers(view, { round, window, self: '' })
      for (const peer of new PeerOrder(active, { round }).take(sample)) {
        view.set(peer, { ...initialRecord, lastActive: round })
      }
    }

    expect(activeMembers(view, { round: 1501, window, self: '' }).active.length).toBe(peers.length)
  })
})
