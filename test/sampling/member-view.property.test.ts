import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemberRecord } from '../../src/interface/membership.ts'
import type { Peer } from '../../src/interface/network.ts'
import { MemberView } from '../../src/sampling/member-view.ts'
import { compareMembership, initialRecord, mergeViews, type View } from '../../src/sampling/view.ts'
import { arbitraryEntry, arbitraryPeer, plain } from './records.ts'

const init = { self: 'a', maxMembers: 8 }

/** One thing done to a view, and what it amounts to as a view to merge. */
interface Action {
  readonly id: string
  readonly apply: (view: MemberView, stamp: number) => void
  readonly news: (before: View) => View
}

function onKnown(peer: Peer, change: Partial<MemberRecord>): (before: View) => View {
  return (before) => {
    const record = before.get(peer)
    return record === undefined ? new Map() : new Map([[peer, { ...record, ...change }]])
  }
}

const round = fc.nat(5)
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.array(arbitraryEntry, { maxLength: 4 }).map(
    (entries): Action => ({
      id: `merge ${JSON.stringify(entries)}`,
      apply: (view, stamp) => void view.merge(entries, stamp),
      news: () =>
        entries.reduce<View>((sum, { peer, ...record }) => mergeViews(sum, new Map([[peer, record]])), new Map())
    })
  ),
  fc.tuple(arbitraryPeer, round).map(
    ([peer, at]): Action => ({
      id: `touch ${peer} ${at}`,
      apply: (view, stamp) => view.touch(peer, at, stamp),
      news: onKnown(peer, { lastActive: at })
    })
  ),
  fc.tuple(arbitraryPeer, round).map(
    ([peer, at]): Action => ({
      id: `silence ${peer} ${at}`,
      apply: (view, stamp) => view.silence(peer, at, stamp),
      news: onKnown(peer, { lastSilent: at })
    })
  ),
  fc.tuple(arbitraryPeer, fc.nat(2), round).map(
    ([peer, index, at]): Action => ({
      id: `join ${peer} ${index} ${at}`,
      apply: (view, stamp) => void view.join(peer, index, at, stamp),
      news: () => new Map([[peer, { ...initialRecord, lastActive: at, index, since: at }]])
    })
  ),
  fc.tuple(arbitraryPeer, fc.nat(2), round).map(
    ([peer, index, at]): Action => ({
      id: `leave ${peer} ${index} ${at}`,
      apply: (view, stamp) => void view.leave(peer, index, at, stamp),
      news: () => new Map([[peer, { ...initialRecord, status: 'leave', index, since: at }]])
    })
  ),
  fc.array(arbitraryPeer, { maxLength: 3 }).map(
    (peers): Action => ({
      id: `seed ${peers}`,
      apply: (view) => view.seed(peers),
      news: () => new Map(peers.map((peer) => [peer, initialRecord]))
    })
  )
)
const actions = fc.array(action, { maxLength: 12 })

test('is, after whatever was done to it, what merging gives', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const view = new MemberView(init)
      let expected: View = new Map()
      for (const [stamp, { apply, news }] of list.entries()) {
        apply(view, stamp)
        expected = mergeViews(expected, news(expected))
        expect(new Map(view)).toEqual(expected)
      }
    }),
    { numRuns: 500 }
  )
})

test('tells whose membership a merge changed, activity aside', () => {
  fc.assert(
    fc.property(actions, fc.array(arbitraryEntry, { maxLength: 5 }), (list, entries) => {
      const view = new MemberView(init)
      for (const { apply } of list) apply(view, 0)
      const before = new Map(view)
      const changed = view.merge(entries, 1)

      const expected = [...view]
        .filter(([peer, record]) => {
          const old = before.get(peer)
          return old === undefined || compareMembership(old, record) !== 0
        })
        .map(([peer]) => peer)
      expect(new Set(changed)).toEqual(new Set(expected))
    })
  )
})

test('its digest depends on the membership alone, not on how it came about', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const view = new MemberView(init)
      for (const [stamp, { apply }] of list.entries()) apply(view, stamp)
      const rebuilt = new MemberView(init)
      const entries = [...view].reverse().map(([peer, record]) => ({ peer, ...record, lastActive: 3, lastSilent: 7 }))
      rebuilt.merge(entries, 0)

      expect(rebuilt.digest).toBe(view.digest)
      expect(view.digest).toMatch(/^[0-9a-f]{16}$/)
    })
  )
})

test('its digest changes with any change of membership', () => {
  fc.assert(
    fc.property(actions, arbitraryEntry, (list, entry) => {
      const view = new MemberView(init)
      for (const { apply } of list) apply(view, 0)
      const before = view.digest
      const changed = view.merge([entry], 1)

      expect(view.digest !== before).toBe(changed.length > 0)
    })
  )
})

test('its delta tells all that changed since a stamp: with it, who knew the rest knows everything', () => {
  fc.assert(
    fc.property(actions, actions, (earlier, later) => {
      const view = new MemberView(init)
      for (const { apply } of earlier) apply(view, 1)
      const other = MemberView.fromJSON(view.toJSON(), init)
      const seeded = later.filter(({ id }) => !id.startsWith('seed')) // a seed is nothing to tell of
      for (const [k, { apply }] of seeded.entries()) apply(view, 2 + k)

      const before = new Map(other)
      const delta = view.changedSince(2, 100)
      other.merge(delta, 9)
      expect(new Map(other)).toEqual(new Map(view))
      for (const { peer, ...record } of delta) expect(before.get(peer)).not.toEqual(record)
    })
  )
})

test('survives its plain data, through JSON', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const view = new MemberView(init)
      for (const { apply } of list) apply(view, 0)
      const restored = MemberView.fromJSON(JSON.parse(JSON.stringify(view)), init)

      expect([...restored]).toEqual([...view])
      expect(restored.digest).toBe(view.digest)
      expect(restored.changedSince(0, 100)).toEqual([])
    })
  )
})

test('keeps records of its own, not the entries that they came in', () => {
  fc.assert(
    fc.property(fc.array(arbitraryEntry, { maxLength: 6 }), (entries) => {
      const frozen = entries.map((entry) => Object.freeze(entry))
      const view = new MemberView(init)
      view.merge(frozen, 0)
      for (const [, record] of view) expect(Object.keys(record)).toEqual(Object.keys(plain(record)))
    })
  )
})
