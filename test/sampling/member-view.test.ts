import { describe, expect, test } from 'vitest'
import type { MemberEntry } from '../../src/interface/membership.ts'
import { MemberView } from '../../src/sampling/member-view.ts'
import { initialRecord } from '../../src/sampling/view.ts'

function joined(peer: string, since = 1): MemberEntry {
  return { ...initialRecord, peer, index: 1, since }
}

function viewOf(...peers: string[]): MemberView {
  const view = new MemberView({ self: 'self', maxMembers: 100 })
  view.seed(peers)

  return view
}

describe('bounds', () => {
  test('drops and counts unknown peers beyond its size, and goes on with those it knows', () => {
    const view = new MemberView({ self: 'self', maxMembers: 3 })

    expect(
      view.merge(
        ['a', 'b', 'c', 'd'].map((peer) => joined(peer)),
        1
      )
    ).toEqual(['a', 'b'])
    expect(view.join('e', 1, 1, 1)).toBe(false)
    expect(view.dropped).toBe(3)
    expect(view.leave('a', 2, 5, 5)).toBe(true)
    expect(view.get('a')).toMatchObject({ status: 'leave', index: 2, since: 5 })
    expect([...view].map(([peer]) => peer)).toEqual(['a', 'b'])
  })

  test('always has a place for its own node', () => {
    const view = new MemberView({ self: 'self', maxMembers: 3 })
    view.seed(['a', 'b', 'c'])
    expect(view.join('self', 1, 1, 1)).toBe(true)
    expect(view.size).toBe(3)
  })

  test('remembers a bounded number of changes, the newest', () => {
    const peers = Array.from({ length: 5000 }, (_, k) => `p${k}`)
    const view = new MemberView({ self: 'self', maxMembers: 10_000 })
    view.merge(
      peers.map((peer) => joined(peer)),
      1
    )
    const told = view.changedSince(0, 10_000).map(({ peer }) => peer)

    expect(told.length).toBeGreaterThanOrEqual(1024)
    expect(told.length).toBeLessThanOrEqual(2048)
    expect(told).toEqual(peers.slice(-told.length).reverse())
  })
})

describe('changes', () => {
  test('come newest first, each peer once with its present record, at most as many as asked for', () => {
    const view = viewOf('a', 'b', 'c')
    view.touch('a', 1, 1)
    view.touch('b', 2, 2)
    view.touch('a', 3, 3)
    view.silence('c', 3, 3)

    expect(view.changedSince(1, 9)).toEqual([
      { peer: 'c', ...initialRecord, lastSilent: 3 },
      { peer: 'a', ...initialRecord, lastActive: 3 },
      { peer: 'b', ...initialRecord, lastActive: 2 }
    ])
    expect(view.changedSince(3, 9).map(({ peer }) => peer)).toEqual(['c', 'a'])
    expect(view.changedSince(1, 1).map(({ peer }) => peer)).toEqual(['c'])
    expect(view.changedSince(4, 9)).toEqual([])
  })

  test('what is known already is none', () => {
    const view = viewOf('a')
    view.touch('a', 4, 4)
    view.touch('a', 3, 5)
    view.merge([{ peer: 'a', ...initialRecord, lastActive: 2 }], 5)

    expect(view.changedSince(5, 9)).toEqual([])
  })

  test('members from the start are nothing to tell of', () => {
    expect(viewOf('a', 'b').changedSince(0, 9)).toEqual([])
  })

  test('a stamp that runs back counts as the newest before it', () => {
    const view = viewOf('a', 'b')
    view.touch('a', 1, 7)
    view.touch('b', 1, 3)
    expect(view.changedSince(7, 9).map(({ peer }) => peer)).toEqual(['b', 'a'])
  })
})

test('activity makes nobody a member', () => {
  const view = viewOf('a')
  view.touch('x', 1, 1)
  view.silence('x', 1, 1)
  expect(view.size).toBe(1)
})

test('a join shows that the peer is active, so it ends a suspicion', () => {
  const view = viewOf('a')
  view.silence('a', 5, 5)
  view.join('a', 1, 6, 6)
  expect(view.get('a')).toEqual({ lastActive: 6, lastSilent: 5, index: 1, status: 'join', since: 6 })
})

test('members that never changed share one record', () => {
  const view = viewOf('a')
  view.merge([{ peer: 'b', ...initialRecord }], 1)
  expect(view.get('a')).toBe(initialRecord)
  expect(view.get('b')).toBe(initialRecord)
})

test('pages give everybody once, in ascending order', () => {
  const view = viewOf('c', 'B', 'a', 'aa', 'd')
  const seen: string[] = []
  for (;;) {
    const page = view.page(seen.at(-1) ?? '', 2)
    seen.push(...page.map(({ peer }) => peer))
    if (page.length < 2) break
  }

  expect(seen).toEqual(['B', 'a', 'aa', 'c', 'd'])
  expect(view.page('c', 9)).toEqual([{ peer: 'd', ...initialRecord }])
})

test('digests of swarms that differ in one member or one number all differ', () => {
  const peers = Array.from({ length: 400 }, (_, k) => `12D3KooWpeer${k}`)
  const views = peers.flatMap((peer) => [
    [joined(peer)],
    [joined(peer, 2)],
    [{ ...joined(peer), index: 2 }],
    [{ ...joined(peer), status: 'leave' as const }],
    [joined(peer), joined('x')]
  ])
  const digests = views.map((entries) => {
    const view = viewOf()
    view.merge(entries, 1)
    return view.digest
  })

  expect(new Set(digests).size).toBe(views.length)
  // both halves count
  expect(new Set(digests.map((digest) => digest.slice(0, 8))).size).toBe(views.length)
  expect(new Set(digests.map((digest) => digest.slice(8))).size).toBe(views.length)
  expect(viewOf().digest).toBe('0'.repeat(16))
})
