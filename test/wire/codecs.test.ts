import { describe, expect, test } from 'vitest'
import { decodeAddresses, encodeAddresses } from '../../src/wire/addresses-codec.ts'
import { decodeAnnouncement, encodeAnnouncement, type ModelAnnouncement } from '../../src/wire/announcement-codec.ts'
import { decodeHello, encodeHello, type Hello } from '../../src/wire/hello-codec.ts'
import { MAX_HELLO_BYTES, MAX_INVITATION_BYTES, MAX_JOB_BYTES } from '../../src/wire/limits.ts'
import { decodePullRequest, decodePullStatus, encodePullRequest, encodePullStatus } from '../../src/wire/pull-codec.ts'

const hash = '0123456789abcdef'.repeat(4)
const announcement: ModelAnnouncement = {
  round: 7,
  ref: { hash, bytes: 2 ** 33 },
  examples: 600,
  phase: 'train',
  to: ['12D3KooWx', 'q']
}
const expected = { bytes: 2 ** 33, minRound: 5, maxRound: 9 }

describe('announcement', () => {
  test('round trip', () => {
    expect(decodeAnnouncement(encodeAnnouncement(announcement), expected)).toEqual(announcement)
    const everyone = { ...announcement, to: [], phase: 'done' as const }
    expect(decodeAnnouncement(encodeAnnouncement(everyone), expected)).toEqual(everyone)
  })

  test('byte for byte', () => {
    const bytes = encodeAnnouncement({ ...announcement, to: ['AB'] })
    expect(Buffer.from(bytes).toString('hex')).toBe(
      `010001${'07000000'}${'58020000'}${'0000000002000000'}${hash}${'024142'}`
    )
  })

  test.each([
    {
      id: 'another size',
      expectation: { ...expected, bytes: 12 },
      code: 'ERR_ANNOUNCEMENT_BYTES',
      verdict: 'penalise'
    },
    {
      id: 'an old round',
      expectation: { ...expected, minRound: 8 },
      code: 'ERR_ANNOUNCEMENT_ROUND',
      verdict: 'ignore'
    },
    { id: 'a far round', expectation: { ...expected, maxRound: 6 }, code: 'ERR_ANNOUNCEMENT_ROUND', verdict: 'ignore' }
  ])('refuses $id', ({ expectation, code, verdict }) => {
    const bytes = encodeAnnouncement(announcement)
    expect(() => decodeAnnouncement(bytes, expectation)).toThrow(expect.objectContaining({ code, verdict }))
  })

  test('takes the rounds at both ends of the window', () => {
    for (const window of [{ minRound: 7, maxRound: 7 }]) {
      expect(decodeAnnouncement(encodeAnnouncement(announcement), { ...expected, ...window }).round).toBe(7)
    }
  })

  test('does not encode what could not be decoded', () => {
    const to = Array.from({ length: 65 }, () => 'peer')
    const refused = expect.objectContaining({ code: 'ERR_ENCODE_LIMIT' })
    expect(() => encodeAnnouncement({ ...announcement, to })).toThrow(refused)
    expect(() => encodeAnnouncement({ ...announcement, to: ['a b'] })).toThrow(refused)
    expect(() => encodeAnnouncement({ ...announcement, round: 2 ** 32 })).toThrow(refused)
    expect(() => encodeAnnouncement({ ...announcement, ref: { hash: 'no', bytes: 1 } })).toThrow(refused)
  })
})

describe('hello', () => {
  const hello: Hello = {
    jobId: hash,
    jobJson: '{"name":"größe"}',
    agent: 'starling/0.1.0',
    listen: ['/ip4/127.0.0.1/tcp/1'],
    known: ['/ip4/10.0.0.1/tcp/2/p2p/12D3KooWx', '/ip6/::1/tcp/3']
  }

  test('round trip, at the longest too', () => {
    expect(decodeHello(encodeHello(hello))).toEqual(hello)
    const refused: Hello = { ...hello, refusal: 'ERR_INVITE_EXPIRED' }
    expect(decodeHello(encodeHello(refused))).toEqual(refused)

    const longest: Hello = {
      jobId: hash,
      jobJson: 'x'.repeat(MAX_JOB_BYTES),
      agent: 'a'.repeat(64),
      listen: Array.from({ length: 16 }, () => 'l'.repeat(256)),
      known: Array.from({ length: 32 }, () => 'k'.repeat(256)),
      invitation: new Uint8Array(MAX_INVITATION_BYTES).fill(7)
    }
    const bytes = encodeHello(longest)
    expect(bytes.byteLength).toBe(MAX_HELLO_BYTES)
    expect(decodeHello(bytes)).toEqual(longest)
  })

  test('another version is not held against the peer', () => {
    const bytes = encodeHello(hello)
    bytes[4] = 1
    expect(() => decodeHello(bytes)).toThrow(expect.objectContaining({ code: 'ERR_HELLO_VERSION', verdict: 'ignore' }))
  })

  test('refuses control characters, bytes that are no UTF-8, and bytes after the end', () => {
    const malformed = expect.objectContaining({ code: 'ERR_HELLO_MALFORMED', verdict: 'penalise' })
    const withEscape = encodeHello(hello)
    withEscape[withEscape.indexOf('s'.charCodeAt(0), 80)] = 0x1b
    expect(() => decodeHello(withEscape)).toThrow(malformed)

    const notUtf8 = encodeHello(hello)
    notUtf8[6 + 64 + 2 + 5] = 0xff
    expect(() => decodeHello(notUtf8)).toThrow(malformed)
    expect(() => decodeHello(Buffer.concat([encodeHello(hello), Buffer.alloc(1)]))).toThrow(malformed)

    const unknownRefusal = encodeHello(hello)
    unknownRefusal[unknownRefusal.byteLength - 2] = 99
    expect(() => decodeHello(unknownRefusal)).toThrow(malformed)
  })
})

test('pull request and status', () => {
  const request = { hash, offset: 2 ** 40 }
  expect(decodePullRequest(encodePullRequest(request))).toEqual(request)
  for (const status of ['found', 'not-found', 'busy'] as const) {
    expect(decodePullStatus(encodePullStatus(status)[0]!)).toBe(status)
  }
  expect(() => decodePullStatus(3)).toThrow(expect.objectContaining({ code: 'ERR_PULL_MALFORMED' }))
})

test('addresses', () => {
  const addresses = ['/ip4/127.0.0.1/tcp/1/p2p/x', '/ip4/127.0.0.1/tcp/2/p2p/y']
  expect(decodeAddresses(encodeAddresses(addresses))).toEqual(addresses)
  expect(decodeAddresses(encodeAddresses([]))).toEqual([])
})
