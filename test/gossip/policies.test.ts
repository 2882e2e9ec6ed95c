import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddressBook } from '../../src/gossip/address-book.ts'
import { addressOf, parseAddress } from '../../src/gossip/addresses.ts'
import { BoundedMap } from '../../src/gossip/bounded-map.ts'
import { jobDifferences, MAX_DIFFERENCES } from '../../src/gossip/job-difference.ts'
import { chooseKnown } from '../../src/gossip/known-addresses.ts'
import { backoffMs, DEFAULT_RECONNECT_POLICY as policy } from '../../src/gossip/reconnect.ts'
import { ScoreBook } from '../../src/gossip/score-book.ts'
import { TokenBuckets } from '../../src/gossip/token-bucket.ts'
import type { PeerPath } from '../../src/interface/network.ts'

const PEER = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

test('a bounded map drops what was set least recently, and counts it', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('c', 4)

  expect([...map.entries()]).toEqual([
    ['a', 3],
    ['c', 4]
  ])
  expect(map.dropped).toBe(1)
})

test('a token bucket lets a burst through, then its rate', () => {
  const buckets = new TokenBuckets({ perSecond: 10, burst: 3, maxPeers: 8 })
  const taken = (nowMs: number): number =>
    Array.from({ length: 20 }, () => buckets.take('p', nowMs)).filter(Boolean).length

  expect(taken(1000)).toBe(3)
  expect(taken(1099)).toBe(0)
  expect(taken(1200)).toBe(2)
  expect(taken(100_000)).toBe(3) // never more than the burst
  expect(buckets.take('other', 1000)).toBe(true)
})

describe('score book', () => {
  const init = { maxPeers: 3, refusePoints: 45, halfLifeMs: 1000, refuseMs: 5000 }

  test('the fifth misdeed in a row is the last', () => {
    const book = new ScoreBook(init)
    const refused = [0, 10, 20, 30, 40].map((now) => book.add('p', 10, now))
    expect(refused).toEqual([false, false, false, false, true])
    expect(book.isRefused('p', 41)).toBe(true)
    expect(book.isRefused('p', 5041)).toBe(false)
    expect(book.isRefused('q', 41)).toBe(false)
  })

  test('points halve with time: one misdeed every half life never refuses', () => {
    const book = new ScoreBook(init)
    for (let now = 0; now < 100_000; now += 1000) expect(book.add('p', 10, now)).toBe(false)
    expect(book.points('p', 99_000)).toBeCloseTo(20, 5)
    expect(book.points('p', 100_000)).toBeCloseTo(10, 5)
  })

  test('remembers no more peers than it may', () => {
    const book = new ScoreBook(init)
    for (let i = 0; i < 100; i++) book.add(`p${i}`, 1, 0)
    expect(book.size).toBe(3)
  })
})

test('back-off doubles to its ceiling and stays within the upper half', () => {
  const afterFailures = (failures: number): number => backoffMs({ failures, isProven: true, uniform: 0 }, policy)
  expect(afterFailures(1)).toBe(250)
  expect(afterFailures(3)).toBe(1000)
  expect(afterFailures(8)).toBe(30_000)
  expect(backoffMs({ failures: 3, isProven: false, uniform: 0 }, policy)).toBe(4000) // nobody was ever met there
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, uniform) => {
        const delay = backoffMs({ failures, isProven: true, uniform }, policy)
        const ceiling = Math.min(60_000, 500 * 2 ** Math.min(failures - 1, 100))
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2)
        expect(delay).toBeLessThanOrEqual(ceiling)
      }
    )
  )
})

describe('address book', () => {
  const make = (): AddressBook => new AddressBook({ maxAddresses: 3, policy, uniform: () => 0 })
  const dueOf = (book: AddressBook, now: number, paths: Record<string, PeerPath> = {}): string[] =>
    book.due(now, (peer) => paths[peer]).map(({ address }) => address)

  test('a failed address is due again after its back-off, behind those that did not fail', () => {
    const book = make()
    book.add({ address: 'a', peer: 'A', pinned: false })
    book.add({ address: 'b', peer: 'B', pinned: false })
    book.failed('a', 0)

    expect(dueOf(book, 999)).toEqual(['b'])
    expect(dueOf(book, 1000)).toEqual(['b', 'a'])
    expect(dueOf(book, 1000, { B: 'direct' })).toEqual(['a'])
  })

  test('a relay is the last resort, and given up as soon as there is another way', () => {
    const book = make()
    book.add({ address: 'relay/p2p-circuit/p2p/A', peer: 'A', pinned: false })
    book.add({ address: 'a', peer: 'A', pinned: false })
    book.failed('a', 0)

    expect(dueOf(book, 1000)).toEqual(['a', 'relay/p2p-circuit/p2p/A'])
    expect(dueOf(book, 1000, { A: 'relayed' })).toEqual(['a'])
    expect(dueOf(book, 1000, { A: 'direct' })).toEqual([])
  })

  test('forgets after eight failures, later where a peer was met, and never what the operator gave', () => {
    const book = make()
    book.add({ address: 'a', peer: 'A', pinned: false })
    book.add({ address: 'b', peer: undefined, pinned: true })
    book.add({ address: 'c', peer: 'C', pinned: false }, { proven: true })
    const failAll = (times: number): void => {
      for (let i = 0; i < times; i++) for (const address of ['a', 'b', 'c']) book.failed(address, 0)
    }
    failAll(7)
    expect(dueOf(book, 1e9)).toEqual(['a', 'b', 'c'])
    failAll(1)
    expect(dueOf(book, 1e9)).toEqual(['b', 'c'])
    failAll(560)
    expect(dueOf(book, 1e9)).toEqual(['b', 'c']) // or a line that was down for an hour would leave nobody to dial
  })

  test('of many where peers were met, those that fail for an hour go, and some are left', () => {
    const book = new AddressBook({ maxAddresses: 100, policy, uniform: () => 0 })
    for (let i = 0; i < 50; i++) book.add({ address: `a${i}`, peer: `A${i}`, pinned: false }, { proven: true })
    for (let i = 0; i < 50 * 64; i++) book.failed(`a${i % 50}`, 0)

    expect(book.size).toBe(16)
  })

  test("an address that is known becomes the operator's when he gives it, and finds a place where there is none", () => {
    const book = make()
    for (const address of ['a', 'b', 'c'])
      book.add({ address, peer: address.toUpperCase(), pinned: false }, { proven: true })
    book.failed('c', 0)
    book.add({ address: 'a', peer: 'A', pinned: true })
    book.add({ address: 'd', peer: undefined, pinned: true })
    for (let i = 0; i < 100; i++) book.failed('a', 0)

    expect(dueOf(book, 1e9)).toEqual(['b', 'd', 'a'])
  })

  test('knows where peers were met, the latest first', () => {
    const book = make()
    for (const [i, address] of ['a', 'b', 'c'].entries()) {
      book.add({ address, peer: address.toUpperCase(), pinned: false })
      if (address !== 'b') book.succeeded(address, address.toUpperCase(), i)
    }
    book.succeeded('a', 'A', 9)
    expect(book.proven().map(({ address }) => address)).toEqual(['a', 'c'])
  })

  test('one that takes us in only to drop us is dialled less and less often', () => {
    const book = make()
    book.add({ address: 'a', peer: 'A', pinned: false })
    let now = 0
    const gaps: number[] = []
    for (let i = 0; i < 4; i++) {
      book.succeeded('a', 'A', now)
      book.gone('A', now)
      const left = now
      while (dueOf(book, now).length === 0) now += 50
      gaps.push(now - left)
    }
    expect(gaps).toEqual([250, 500, 1000, 2000])

    book.succeeded('a', 'A', now)
    now += policy.stableMs
    book.gone('A', now)
    expect(dueOf(book, now)).toEqual(['a']) // it had held
    book.failed('a', now)
    expect(dueOf(book, now + 250)).toEqual(['a']) // and all is forgiven
  })

  test('an address without an id is not dialled while whoever answered there is connected', () => {
    const book = make()
    book.add({ address: 'a', peer: undefined, pinned: true })
    book.succeeded('a', 'A', 0)
    expect(dueOf(book, 0, { A: 'direct' })).toEqual([])
    expect(dueOf(book, 0, { B: 'direct' })).toEqual(['a'])
  })

  test('made-up addresses push out one another, not proven or pinned ones', () => {
    const book = make()
    book.add({ address: 'pinned', peer: undefined, pinned: true })
    book.add({ address: 'proven', peer: 'A', pinned: false })
    book.succeeded('proven', 'A', 0)
    for (let i = 0; i < 50; i++) book.add({ address: `junk${i}`, peer: `J${i}`, pinned: false })

    expect(dueOf(book, 0)).toEqual(['pinned', 'proven', 'junk49'])
  })
})

describe('addresses from a peer', () => {
  test.each([
    { text: '/ip4/10.0.0.1/tcp/4001', expected: `/ip4/10.0.0.1/tcp/4001/p2p/${PEER}` },
    { text: `/ip4/10.0.0.1/tcp/4001/p2p/${PEER}`, expected: `/ip4/10.0.0.1/tcp/4001/p2p/${PEER}` },
    { text: '/ip4/10.0.0.1/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N', expected: undefined },
    { text: '/ip4/300.0.0.1/tcp/4001', expected: undefined },
    { text: 'http://example.org', expected: undefined },
    { text: `/p2p/${PEER}`, expected: undefined },
    { text: '/dns4/node-1.example/tcp/4001', expected: `/dns4/node-1.example/tcp/4001/p2p/${PEER}` },
    // multiaddrs take any text for a name; these would stand in a line that people copy into a shell
    { text: '/dns4/$(id>x)/tcp/4001', expected: undefined },
    { text: '/dns4/a b/tcp/4001', expected: undefined },
    { text: '/dnsaddr/a\u001b[2J/tcp/4001', expected: undefined },
    { text: '/dns4/b\u00fccher.example/tcp/4001', expected: undefined },
    { text: '/ip6zone/a b/ip6/fe80::1/tcp/1', expected: undefined },
    { text: '', expected: undefined }
  ])('$text', ({ text, expected }) => {
    expect(addressOf(text, PEER)).toBe(expected)
  })

  test('whatever the text, parsing never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseAddress(`/${text}`)))
    fc.assert(
      fc.property(
        fc.constantFrom('ip4', 'p2p', 'tcp', 'dns', ''),
        fc.string(),
        (name, text) => void parseAddress(`/${name}/${text}`)
      )
    )
  })
})

test('known addresses: two of each peer, not of the one who asks, 32 in all', () => {
  const peer = (name: string): [string, never] => [name, { listen: [1, 2, 3].map((i) => `/${name}/${i}`) } as never]

  expect(chooseKnown([peer('a'), peer('b')], 'b', () => 0)).toEqual(['/a/1', '/a/2'])
  const relayed: [string, never] = ['a', { listen: ['/a/1', '/a/2', '/r/p2p-circuit/p2p/a'] } as never]
  expect(chooseKnown([relayed], 'b', () => 0)).toEqual(['/a/1', '/r/p2p-circuit/p2p/a'])
  const many = Array.from({ length: 40 }, (_, i) => peer(`p${i}`))
  const chosen = chooseKnown(many, 'x', () => 0.5)
  expect(new Set(chosen).size).toBe(32)
})

describe('job differences', () => {
  test('names what differs, on either side, at any depth', () => {
    const ours = '{"data":{"name":"glyphs","seed":1},"rounds":10,"same":[1,2]}'
    const theirs = '{"data":{"name":"glyphs","seed":2},"extra":true,"same":[1,2]}'
    expect(jobDifferences(ours, theirs)).toEqual([
      'data.seed: 1 here, 2 there',
      'extra: absent here, true there',
      'rounds: 10 here, absent there'
    ])
  })

  test('a hostile job makes bounded, printable text', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => [`\u001b[2J${i}${'k'.repeat(100)}`, 'v'.repeat(1000)])
    for (const theirs of [
      JSON.stringify(Object.fromEntries(keys)),
      '{"__proto__":{"a":1}}',
      'no json',
      '['.repeat(9000),
      'null'
    ]) {
      const differences = jobDifferences('{"a":1}', theirs)
      expect(differences.length).toBeGreaterThan(0)
      expect(differences.length).toBeLessThanOrEqual(MAX_DIFFERENCES)
      for (const text of differences) expect(text).toMatch(/^[\x20-\x7e]{1,220}$/)
    }
  })
})
