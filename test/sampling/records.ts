import fc from 'fast-check'
import type { MemberEntry, MemberRecord } from '../../src/interface/membership.ts'
import type { Peer } from '../../src/interface/network.ts'

/** Few values of each field, so that ties and contradictions within one index are common. */
const round = fc.integer({ min: -1, max: 4 })

export const arbitraryRecord: fc.Arbitrary<MemberRecord> = fc.record({
  lastActive: round,
  lastSilent: round,
  index: fc.nat(2),
  status: fc.constantFrom('join' as const, 'leave' as const),
  since: fc.nat(3)
})

export const arbitraryPeer: fc.Arbitrary<Peer> = fc.constantFrom('a', 'b', 'c', 'd', 'e')

export const arbitraryEntry: fc.Arbitrary<MemberEntry> = fc
  .tuple(arbitraryPeer, arbitraryRecord)
  .map(([peer, record]) => ({ peer, ...record }))

export const arbitraryView: fc.Arbitrary<Map<Peer, MemberRecord>> = fc
  .array(fc.tuple(arbitraryPeer, arbitraryRecord), { maxLength: 5 })
  .map((pairs) => new Map(pairs))

/** A record without the peer of an entry, for comparing. */
export function plain({ lastActive, lastSilent, index, status, since }: MemberRecord): MemberRecord {
  return { lastActive, lastSilent, index, status, since }
}
