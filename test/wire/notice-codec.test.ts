import { describe, expect, test } from 'vitest'
import type { MemberEntry } from '../../src/interface/membership.ts'
import { MAX_MESSAGE_BYTES, MAX_NOTICE_MEMBERS, MAX_PEER_CHARS } from '../../src/wire/limits.ts'
import {
  decodeNotice,
  decodeNoticeAnswer,
  encodeNotice,
  encodeNoticeAnswer,
  type ModelNotice
} from '../../src/wire/notice-codec.ts'

const hash = '0123456789abcdef'.repeat(4)
const digest = 'fedcba9876543210'
const entry: MemberEntry = { peer: 'AB', lastActive: 5, lastSilent: -1, index: 2, status: 'leave', since: 4 }
const notice: ModelNotice = {
  kind: 'aggregated',
  round: 7,
  ref: { hash, bytes: 2 ** 33 },
  examples: 600,
  members: [entry, { peer: '12D3KooWx', lastActive: -1, lastSilent: 9, index: 0, status: 'join', since: 0 }],
  digest
}
const expected = { bytes: 2 ** 33, minRound: 5, maxRound: 9, maxMemberRound: 9 }
const encodeError = expect.objectContaining({ code: 'ERR_ENCODE_LIMIT' })

function manyMembers(count: number, chars: number): MemberEntry[] {
  return Array.from({ length: count }, (_, k) => ({ ...entry, peer: String(k).padStart(chars, 'p') }))
}

describe('notice', () => {
  test.each(['trained', 'aggregated', 'closed', 'final'] as const)('round trip: %s', (kind) => {
    expect(decodeNotice(encodeNotice({ ...notice, kind }), expected)).toEqual({ ...notice, kind })
  })

  test('byte for byte', () => {
    const head = `01010100${'07000000'}${'58020000'}${'0000000002000000'}${hash}${digest}`
    const member = `82${'4142'}${'05000000'}${'ffffffff'}${'02000000'}${'04000000'}`
    const bytes = encodeNotice({ ...notice, members: [entry] })

    expect(Buffer.from(bytes).toString('hex')).toBe(head + member)
  })

  test.each([
    { id: 'another size', change: { bytes: 12 }, code: 'ERR_NOTICE_BYTES', verdict: 'penalise' },
    { id: 'an old round', change: { minRound: 8 }, code: 'ERR_NOTICE_ROUND', verdict: 'ignore' },
    { id: 'a far round', change: { maxRound: 6 }, code: 'ERR_NOTICE_ROUND', verdict: 'ignore' }
  ])('refuses $id', ({ change, code, verdict }) => {
    expect(() => decodeNotice(encodeNotice(notice), { ...expected, ...change })).toThrow(
      expect.objectContaining({ code, verdict })
    )
  })

  test.each([
    { kind: 'trained', bytes: 100, trainedBytes: 2 ** 33 },
    { kind: 'closed', bytes: 2 ** 33, trainedBytes: 100 }
  ] as const)('a size of its own for models that were trained: $kind', ({ kind, ...sizes }) => {
    const bytes = encodeNotice({ ...notice, kind })
    expect(decodeNotice(bytes, { ...expected, ...sizes }).kind).toBe(kind)
    const swapped = { bytes: sizes.trainedBytes, trainedBytes: sizes.bytes }
    expect(() => decodeNotice(bytes, { ...expected, ...swapped })).toThrow(
      expect.objectContaining({ code: 'ERR_NOTICE_BYTES' })
    )
  })

  test('takes the rounds at both ends of the window', () => {
    expect(decodeNotice(encodeNotice(notice), { ...expected, minRound: 7, maxRound: 7 }).round).toBe(7)
  })

  test.each([{ lastActive: 10 }, { lastSilent: 10 }, { since: 10 }, { since: 0xffff_ffff }])(
    'drops a member with %o beyond the bound, and no other',
    (change) => {
      const members = [
        { ...entry, ...change },
        { ...entry, peer: 'C', lastActive: 9, lastSilent: 9, since: 9 }
      ]

      expect(decodeNotice(encodeNotice({ ...notice, members }), expected).members).toEqual(members.slice(1))
    }
  )

  test.each([9, 99])('two entries of one peer are malformed, even when they would be dropped', (lastActive) => {
    const members = [entry, { ...entry, peer: 'C' }, { ...entry, lastActive }]

    expect(() => decodeNotice(encodeNotice({ ...notice, members }), expected)).toThrow(
      expect.objectContaining({ code: 'ERR_NOTICE_MALFORMED', verdict: 'penalise' })
    )
  })

  test('a full one, of the longest peers, fits a message', () => {
    const members = manyMembers(MAX_NOTICE_MEMBERS, MAX_PEER_CHARS)
    const bytes = encodeNotice({ ...notice, members })

    expect(bytes.byteLength).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    expect(decodeNotice(bytes, expected).members).toEqual(members)
  })

  test.each([
    { id: 'too many members', change: { members: manyMembers(MAX_NOTICE_MEMBERS + 1, 4) } },
    { id: 'a long peer', change: { members: manyMembers(1, MAX_PEER_CHARS + 1) } },
    { id: 'an empty peer', change: { members: [{ ...entry, peer: '' }] } },
    { id: 'a round below never', change: { members: [{ ...entry, lastActive: -2 }] } },
    { id: 'the round that means never', change: { members: [{ ...entry, lastActive: 0xffff_ffff }] } },
    { id: 'a membership before round 0', change: { members: [{ ...entry, since: -1 }] } },
    { id: 'a round above uint32', change: { round: 2 ** 32 } },
    { id: 'a short digest', change: { digest: 'ab' } },
    { id: 'a digest in capitals', change: { digest: digest.toUpperCase() } },
    { id: 'no hash', change: { ref: { hash: '', bytes: 1 } } }
  ])('does not encode $id', ({ change }) => {
    expect(() => encodeNotice({ ...notice, ...change })).toThrow(encodeError)
  })
})

describe('answer', () => {
  test.each([true, false])('round trip: %s', (taken) => {
    const answer = { taken, round: 0xffff_fffe }
    expect(decodeNoticeAnswer(encodeNoticeAnswer(answer))).toEqual(answer)
  })

  test.each(['010200000000', '020100000000', '', '01'])('refuses %s', (hex) => {
    expect(() => decodeNoticeAnswer(Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'ERR_NOTICE_ANSWER_MALFORMED', verdict: 'penalise' })
    )
  })
})
