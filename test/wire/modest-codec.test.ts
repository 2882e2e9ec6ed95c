import { describe, expect, test } from 'vitest'
import type { MemberEntry } from '../../src/interface/membership.ts'
import { MAX_MESSAGE_BYTES, MAX_PEER_CHARS, MAX_VIEW_PAGE_MEMBERS } from '../../src/wire/limits.ts'
import {
  decodePing,
  decodePong,
  decodeViewPage,
  decodeViewQuery,
  encodePing,
  encodePong,
  encodeViewPage,
  encodeViewQuery
} from '../../src/wire/modest-codec.ts'

const hash = '0123456789abcdef'.repeat(4)
const encodeError = expect.objectContaining({ code: 'ERR_ENCODE_LIMIT' })
const farRound = expect.objectContaining({ code: 'ERR_MEMBER_ROUND', verdict: 'ignore' })

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function member(peer: string, change: Partial<MemberEntry> = {}): MemberEntry {
  return { peer, lastActive: 1, lastSilent: -1, index: 2, status: 'join', since: 3, ...change }
}

describe('ping', () => {
  const ping = { round: 7, index: 3 }

  test('round trip, byte for byte', () => {
    expect(hex(encodePing(ping))).toBe('010700000003000000')
    expect(decodePing(encodePing(ping), { maxRound: 7 })).toEqual(ping)
  })

  test('refuses a far round', () => {
    expect(() => decodePing(encodePing(ping), { maxRound: 6 })).toThrow(farRound)
  })
})

describe('pong', () => {
  const pong = { round: 7, index: 3, held: 6 }
  const final = { hash, bytes: 24, round: 8 }
  const expected = { bytes: 24, maxRound: 8 }

  test.each([
    { id: 'without a final model', value: pong },
    { id: 'with one', value: { ...pong, final } },
    { id: 'holding none', value: { ...pong, held: -1 } }
  ])('round trip $id', ({ value }) => {
    expect(decodePong(encodePong(value), expected)).toEqual(value)
  })

  test('byte for byte', () => {
    expect(hex(encodePong({ ...pong, final }))).toBe(
      `01${'07000000'}${'03000000'}${'06000000'}01${'08000000'}${'1800000000000000'}${hash}`
    )
  })

  test.each([
    { id: 'round', value: { ...pong, round: 9 } },
    { id: 'held round', value: { ...pong, held: 9 } },
    { id: 'final round', value: { ...pong, final: { ...final, round: 9 } } }
  ])('refuses a far $id', ({ value }) => {
    expect(() => decodePong(encodePong(value), expected)).toThrow(farRound)
  })

  test('refuses a final model of another size', () => {
    const bytes = encodePong({ ...pong, final: { ...final, bytes: 25 } })
    expect(() => decodePong(bytes, expected)).toThrow(
      expect.objectContaining({ code: 'ERR_PONG_MALFORMED', verdict: 'penalise' })
    )
  })
})

describe('view query', () => {
  test.each(['', 'a', 'p'.repeat(MAX_PEER_CHARS)])('round trip of "%s"', (after) => {
    expect(decodeViewQuery(encodeViewQuery({ after }))).toEqual({ after })
  })

  test.each(['p'.repeat(MAX_PEER_CHARS + 1), 'a b', 'ä'])('does not encode "%s"', (after) => {
    expect(() => encodeViewQuery({ after })).toThrow(encodeError)
  })
})

describe('view page', () => {
  const members = [member('B'), member('a', { status: 'leave', lastSilent: 4 }), member('aa')]
  const page = { round: 7, members, more: true }
  const expected = { maxRound: 9, after: 'A' }
  const malformed = expect.objectContaining({ code: 'ERR_VIEW_PAGE_MALFORMED', verdict: 'penalise' })

  test('round trip', () => {
    expect(decodeViewPage(encodeViewPage(page), expected)).toEqual({ ...page, last: 'aa' })
    const empty = { round: 7, members: [], more: false }
    expect(decodeViewPage(encodeViewPage(empty), expected)).toEqual({ ...empty, last: '' })
  })

  test('drops members of far rounds, and still says where to go on', () => {
    const far = [member('B'), member('C', { lastActive: 10 })]
    const received = decodeViewPage(encodeViewPage({ ...page, members: far }), expected)

    expect(received).toEqual({ ...page, members: [member('B')], last: 'C' })
    expect(decodeViewPage(encodeViewPage(page), { ...expected, maxMemberRound: 2 }).members).toEqual([])
  })

  test('refuses a member that was not asked for, so that asking on makes progress', () => {
    const bytes = encodeViewPage(page)
    expect(() => decodeViewPage(bytes, { ...expected, after: 'B' })).toThrow(malformed)
    expect(() => decodeViewPage(bytes, { ...expected, after: 'C' })).toThrow(malformed)
  })

  test.each(['4142', '4141'])('refuses members that do not ascend: %s', (peers) => {
    const bytes = Buffer.from(encodeViewPage({ ...page, members: [member('A'), member('B')] }))
    const [first, second] = Buffer.from(peers, 'hex').reverse()
    bytes[9] = first!
    bytes[9 + 18] = second!
    expect(() => decodeViewPage(bytes, { maxRound: 9 })).toThrow(malformed)
  })

  test('refuses an empty page with more to come', () => {
    expect(() => decodeViewPage(Buffer.from('0101000000000000', 'hex'), expected)).toThrow(malformed)
  })

  test('refuses a far round', () => {
    expect(() => decodeViewPage(encodeViewPage(page), { ...expected, maxRound: 6 })).toThrow(farRound)
  })

  test('a full one, of the longest peers, fits a message', () => {
    const full = Array.from({ length: MAX_VIEW_PAGE_MEMBERS }, (_, k) =>
      member(String(k).padStart(3, '0').padStart(MAX_PEER_CHARS, 'p'))
    )
    const bytes = encodeViewPage({ ...page, members: full })

    expect(bytes.byteLength).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    expect(decodeViewPage(bytes, expected).members).toEqual(full)
  })

  test.each([
    { id: 'too many members', change: { members: Array.from({ length: 769 }, (_, k) => member(`p${1000 + k}`)) } },
    { id: 'members out of order', change: { members: [member('b'), member('a')] } },
    { id: 'a member twice', change: { members: [member('a'), member('a')] } },
    { id: 'an empty page with more to come', change: { members: [] } }
  ])('does not encode $id', ({ change }) => {
    expect(() => encodeViewPage({ ...page, ...change })).toThrow(encodeError)
  })
})
