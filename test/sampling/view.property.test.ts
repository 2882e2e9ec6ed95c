import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MemberRecord } from '../../src/interface/membership.ts'
import { initialRecord, leqRecord, leqView, mergeRecords, mergeViews, type View } from '../../src/sampling/view.ts'
import { arbitraryRecord, arbitraryView } from './records.ts'

const empty: View = new Map()

/** The rule in other words: membership as one sortable text. */
function membershipKey({ index, status, since }: MemberRecord): string {
  return `${index}${status === 'leave' ? 1 : 0}${since}`
}

describe('merging records', () => {
  test('takes the newest activity, the newest silence and the newest membership, each by itself', () => {
    fc.assert(
      fc.property(arbitraryRecord, arbitraryRecord, (a, b) => {
        const { index, status, since } = membershipKey(a) > membershipKey(b) ? a : b
        const lastActive = Math.max(a.lastActive, b.lastActive)
        const lastSilent = Math.max(a.lastSilent, b.lastSilent)

        expect(mergeRecords(a, b)).toEqual({ lastActive, lastSilent, index, status, since })
      })
    )
  })

  test.each([
    { id: 'a higher index', older: { index: 1, status: 'leave', since: 9 }, newer: { index: 2, since: 0 } },
    { id: 'leaving, at one index', older: { index: 1, since: 9 }, newer: { index: 1, status: 'leave', since: 0 } },
    { id: 'the later round, all else equal', older: { index: 1, since: 3 }, newer: { index: 1, since: 4 } }
  ] as const)('$id wins', ({ older, newer }) => {
    const [a, b] = [
      { ...initialRecord, ...older },
      { ...initialRecord, ...newer }
    ]
    expect(mergeRecords(a, b)).toBe(b)
    expect(mergeRecords(b, a)).toBe(b)
  })

  test('gives back the record that is the result already, the first when both are', () => {
    fc.assert(
      fc.property(arbitraryRecord, arbitraryRecord, (a, b) => {
        const merged = mergeRecords(a, b)
        expect(merged === a).toBe(leqRecord(b, a))
        if (leqRecord(a, b) && !leqRecord(b, a)) expect(merged).toBe(b)
      })
    )
  })

  test('nothing is below the initial record', () => {
    fc.assert(fc.property(arbitraryRecord, (record) => leqRecord(initialRecord, record)))
  })
})

describe('merging views', () => {
  test('commutes', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryView, (a, b) => {
        expect(mergeViews(a, b)).toEqual(mergeViews(b, a))
      })
    )
  })

  test('associates', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryView, arbitraryView, (a, b, c) => {
        expect(mergeViews(mergeViews(a, b), c)).toEqual(mergeViews(a, mergeViews(b, c)))
      })
    )
  })

  test('is idempotent, and keeps the map when it adds nothing', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryView, (a, b) => {
        const merged = mergeViews(a, b)
        expect(mergeViews(a, a)).toBe(a)
        expect(mergeViews(merged, b)).toBe(merged)
        expect(mergeViews(a, empty)).toBe(a)
      })
    )
  })

  test('gives the least view above both', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryView, arbitraryView, (a, b, c) => {
        const merged = mergeViews(a, b)
        expect(leqView(a, merged) && leqView(b, merged)).toBe(true)
        expect(leqView(merged, c)).toBe(leqView(a, c) && leqView(b, c))
        expect(leqView(a, b)).toBe(mergeViews(b, a) === b)
      })
    )
  })

  test('never writes to its inputs', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryView, (a, b) => {
        const before = structuredClone([a, b])
        mergeViews(a, b)
        expect([a, b]).toEqual(before)
      })
    )
  })

  test('replicas that heard the same converge, whatever the order and however often', () => {
    const deliveries = fc
      .array(arbitraryView, { minLength: 1, maxLength: 6 })
      .chain((views) =>
        fc.tuple(
          fc.constant(views),
          fc.shuffledSubarray([...views, ...views], { minLength: 2 * views.length, maxLength: 2 * views.length })
        )
      )

    fc.assert(
      fc.property(deliveries, ([once, shuffledTwice]) => {
        expect(shuffledTwice.reduce(mergeViews, empty)).toEqual(once.reduce(mergeViews, empty))
      })
    )
  })
})
