import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { beforeEach, describe, expect, test } from 'vitest'
import { Door } from '../../src/gossip/door.ts'
import { DEFAULT_LIMITS } from '../../src/gossip/limits.ts'
import { Refusals } from '../../src/gossip/refusals.ts'
import { hostOf, ipOf } from '../../src/gossip/remote-host.ts'
import { TokenBuckets } from '../../src/gossip/token-bucket.ts'

let nowMs = 0
const clock = { now: () => nowMs, sleep: () => Promise.reject(new Error('not used')) }
beforeEach(() => {
  nowMs = 0
})

/** What the door sees of a connection. */
class FakeConnection extends EventTarget {
  readonly remoteAddr
  received = 0
  aborted: string | undefined

  constructor(address: string) {
    super()
    this.remoteAddr = multiaddr(address)
  }

  onData(data: { byteLength: number }): void {
    this.received += data.byteLength
  }

  abort(error: Error & { code?: string }): void {
    this.aborted = error.code
    this.close()
  }

  close(): void {
    this.dispatchEvent(new Event('close'))
  }
}

let port = 1000
function from(ip: string): FakeConnection & MultiaddrConnection {
  return new FakeConnection(`/ip4/${ip}/tcp/${port++}`) as unknown as FakeConnection & MultiaddrConnection
}

const limits = {
  ...DEFAULT_LIMITS,
  handshakesPerSecond: 1,
  handshakeBurst: 3,
  allHandshakesPerSecond: 2,
  allHandshakeBurst: 6,
  maxPendingPerHost: 3,
  maxPending: 5,
  maxStrangerBytes: 100,
  reconnectsPerSecond: 1,
  reconnectBurst: 2
}

function doorOf(changes: Partial<typeof limits> = {}): { door: Door; refused: string[] } {
  const refused: string[] = []
  const door = new Door({
    clock,
    limits: { ...limits, ...changes },
    isBannedAddress: (ip) => ip === '6.6.6.6',
    onRefused: (code, host) => refused.push(`${host} ${code}`)
  })

  return { door, refused }
}

describe('the door', () => {
  test('an address has so many handshakes, then as many as come back with time; others are not touched', () => {
    const { door, refused } = doorOf()
    const knock = (ip: string): boolean => {
      const connection = from(ip)
      const admitted = door.admitsConnection(connection)
      connection.close()
      return admitted
    }
    expect([1, 2, 3, 4].map(() => knock('1.1.1.1'))).toEqual([true, true, true, false])
    expect(refused).toEqual(['1.1.1.1 ERR_CONNECTION_RATE'])
    expect(knock('2.2.2.2')).toBe(true)
    nowMs = 1000
    expect([knock('1.1.1.1'), knock('1.1.1.1')]).toEqual([true, false])
  })

  test('all addresses together have so many, and one that has none left takes none of those', () => {
    const { door } = doorOf({ handshakeBurst: 2 })
    const knock = (ip: string): boolean => {
      const connection = from(ip)
      const admitted = door.admitsConnection(connection)
      connection.close()
      return admitted
    }
    for (let i = 0; i < 10; i++) knock('1.1.1.1')
    expect(['2.2.2.2', '3.3.3.3', '4.4.4.4', '5.5.5.5', '7.7.7.7'].map(knock)).toEqual([true, true, true, true, false])
  })

  test('a member costs nothing: a whole swarm may come from one address', () => {
    const { door, refused } = doorOf()
    for (let i = 0; i < 100; i++) {
      const connection = from('127.0.0.1')
      expect(door.admitsConnection(connection)).toBe(true)
      door.passed(connection.remoteAddr.encapsulate('/p2p/12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust'))
    }
    expect(refused).toEqual([])
    expect(door.waiting).toBe(0)
  })

  test('so many may be on their way in, from one address and in all; who closes makes room', () => {
    const { door, refused } = doorOf({ handshakeBurst: 100, allHandshakeBurst: 100 })
    const first = from('1.1.1.1')
    expect(
      [first, from('1.1.1.1'), from('1.1.1.1'), from('1.1.1.1')].map((each) => door.admitsConnection(each))
    ).toEqual([true, true, true, false])
    expect([from('2.2.2.2'), from('2.2.2.2'), from('2.2.2.2')].map((each) => door.admitsConnection(each))).toEqual([
      true,
      true,
      false
    ])
    expect(refused).toEqual(['1.1.1.1 ERR_CONNECTION_PENDING', '2.2.2.2 ERR_CONNECTION_PENDING'])
    first.close()
    expect(door.admitsConnection(from('2.2.2.2'))).toBe(true)
    expect(door.waiting).toBe(5)
  })

  test('a stranger that sends more than a hello is cut off; a member is not counted, nor is one that we dialled spared', () => {
    const { door, refused } = doorOf()
    const [stranger, member, dialled] = [from('1.1.1.1'), from('1.1.1.1'), from('9.9.9.9')]
    door.admitsConnection(stranger)
    door.admitsConnection(member)
    door.watchDialled(dialled)
    door.passed(member.remoteAddr)
    for (const each of [stranger, member, dialled]) for (let i = 0; i < 3; i++) each.onData({ byteLength: 50 })

    expect([stranger, member, dialled].map(({ received, aborted }) => [received, aborted])).toEqual([
      [100, 'ERR_STRANGER_BYTES'],
      [150, undefined],
      [100, 'ERR_STRANGER_BYTES']
    ])
    expect(refused).toEqual(['1.1.1.1 ERR_STRANGER_BYTES', '9.9.9.9 ERR_STRANGER_BYTES'])
    expect(door.waiting).toBe(0)
  })

  test('a peer that comes again and again has to wait, from wherever', () => {
    const { door, refused } = doorOf()
    expect(['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((ip) => door.admitsPeer('mallory', from(ip)))).toEqual([
      true,
      true,
      false
    ])
    expect(door.admitsPeer('alice', from('3.3.3.3'))).toBe(true)
    expect(refused).toEqual(['3.3.3.3 ERR_CONNECTION_RATE'])
  })

  test('a socket is closed at once where its connection would be refused, and takes nothing where not', () => {
    const { door, refused } = doorOf()
    for (let i = 0; i < 10; i++) expect(door.turnsAway('::ffff:1.1.1.1')).toBe(false)
    for (let i = 0; i < 3; i++) {
      const connection = from('1.1.1.1')
      expect(door.admitsConnection(connection)).toBe(true)
      connection.close()
    }
    expect([door.turnsAway('1.1.1.1'), door.turnsAway('::ffff:1.1.1.1'), door.turnsAway('2.2.2.2')]).toEqual([
      true,
      true,
      false
    ])
    nowMs = 1000
    expect(door.turnsAway('1.1.1.1')).toBe(false)
    expect(door.turnsAway('6.6.6.6')).toBe(true)
    expect(refused).toEqual([
      '1.1.1.1 ERR_CONNECTION_RATE',
      '1.1.1.1 ERR_CONNECTION_RATE',
      '6.6.6.6 ERR_ADDRESS_BANNED'
    ])
  })

  test('two that come through one relay are two', () => {
    const { door } = doorOf()
    const through = (peer: string): FakeConnection & MultiaddrConnection =>
      new FakeConnection(`/ip4/11.0.0.1/tcp/1/p2p/${RELAY}/p2p-circuit/p2p/${peer}`) as unknown as FakeConnection &
        MultiaddrConnection
    const member = through('12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust')
    const stranger = through('12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN')
    expect([member, stranger].map((each) => door.admitsConnection(each))).toEqual([true, true])
    expect(door.waiting).toBe(2)
    door.passed(member.remoteAddr)
    for (let i = 0; i < 3; i++) stranger.onData({ byteLength: 50 })

    expect(stranger.aborted).toBe('ERR_STRANGER_BYTES')
    expect(door.waiting).toBe(0)
  })

  test('a banned address gets no further', () => {
    const { door, refused } = doorOf()
    expect(door.admitsConnection(from('6.6.6.6'))).toBe(false)
    expect(refused).toEqual(['6.6.6.6 ERR_ADDRESS_BANNED'])
  })
})

const RELAY = '12D3KooWKLWZDzXvk2SyrxeKkGvhCHvPf6NQ4gpvgFCoHkWU7uKU'
test.each([
  { address: '/ip4/192.0.2.7/tcp/4001', host: '192.0.2.7', ip: '192.0.2.7' },
  { address: '/ip6/::ffff:192.0.2.7/tcp/4001', host: '192.0.2.7', ip: '192.0.2.7' },
  { address: '/ip6/2001:db8:1:2:3:4:5:6/tcp/1', host: '2001:db8:1:2::/64', ip: '2001:db8:1:2:3:4:5:6' },
  { address: '/ip6/2001:db8::6/tcp/1', host: '2001:db8:0:0::/64', ip: '2001:db8::6' },
  { address: '/ip6/2001:DB8:0::0:6/tcp/1', host: '2001:db8:0:0::/64', ip: '2001:db8::6' },
  { address: '/ip6zone/eth0/ip6/fe80::1/tcp/1', host: 'fe80:0:0:0::/64', ip: 'fe80::1' },
  { address: '/ip6/::1/tcp/1', host: '0:0:0:0::/64', ip: '::1' },
  { address: `/ip4/192.0.2.7/tcp/4001/p2p/${RELAY}/p2p-circuit`, host: `relay ${RELAY}`, ip: undefined },
  { address: '/memory/x', host: 'unknown', ip: undefined }
])('$address is counted under $host', ({ address, host, ip }) => {
  expect(hostOf(multiaddr(address))).toBe(host)
  expect(ipOf(multiaddr(address))).toBe(ip)
})

test('a bucket gives as much as something costs, or nothing', () => {
  const buckets = new TokenBuckets({ perSecond: 10, burst: 100, maxPeers: 2 })
  expect(buckets.take('a', 0, 90)).toBe(true)
  expect(buckets.take('a', 0, 11)).toBe(false)
  expect(buckets.take('a', 0, 10)).toBe(true)
  buckets.giveBack('a')
  expect(buckets.take('a', 0)).toBe(true)
  expect(buckets.take('a', 100)).toBe(true)
  expect(buckets.take('a', 100)).toBe(false)
  for (let i = 0; i < 300; i++) buckets.giveBack('a')
  expect(buckets.take('a', 100, 101)).toBe(false)
})

test('ten thousand refusals are a few lines: the first ones, and numbers', () => {
  const summaries: Readonly<Record<string, number>>[] = []
  const refusals = new Refusals({ clock, summarise: (counts) => summaries.push(counts) })
  let told = 0
  for (let i = 0; i < 10_000; i++) {
    nowMs = i // ten seconds
    refusals.add(i % 4 === 0 ? 'ERR_A' : 'ERR_B', () => told++)
  }
  refusals.summarise()
  refusals.summarise()

  expect(told).toBe(11) // ten at once, and one more in five seconds
  expect(summaries).toHaveLength(1)
  expect((summaries[0]!['ERR_A'] ?? 0) + (summaries[0]!['ERR_B'] ?? 0)).toBe(10_000 - told)
  expect(refusals.totals).toEqual({ ERR_A: 2500, ERR_B: 7500 })
})
