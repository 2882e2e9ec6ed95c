import { describe, expect, test } from 'vitest'
import { scopeOf } from '../../src/gossip/address-scope.ts'
import { addressesForOthers, virtualHosts } from '../../src/gossip/own-addresses.ts'
import {
  describeReachability,
  isFromOutside,
  type Path,
  type ReachabilityFacts,
  reachabilityOf,
  wantsRelay
} from '../../src/gossip/reachability.ts'

const PEER = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const RELAY = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

test.each([
  { address: '/ip4/127.0.0.1/tcp/4001', scope: 'loopback' },
  { address: '/ip6/::1/tcp/4001', scope: 'loopback' },
  { address: '/dns/localhost/tcp/4001', scope: 'loopback' },
  { address: '/ip4/169.254.3.4/tcp/4001', scope: 'link' },
  { address: '/ip6zone/eth0/ip6/fe80::1/tcp/4001', scope: 'link' },
  { address: '/ip4/10.1.2.3/tcp/4001', scope: 'lan' },
  { address: '/ip4/172.31.2.3/tcp/4001', scope: 'lan' },
  { address: '/ip4/172.32.2.3/tcp/4001', scope: 'public' },
  { address: '/ip4/100.64.0.1/tcp/4001', scope: 'lan' },
  { address: '/ip6/fd12::1/tcp/4001', scope: 'lan' },
  { address: '/ip6/::ffff:192.168.1.2/tcp/4001', scope: 'lan' },
  { address: `/ip4/8.8.8.8/tcp/4001/p2p/${PEER}`, scope: 'public' },
  { address: '/ip6/2a00:1450::1/tcp/4001', scope: 'public' },
  { address: '/dns4/example.org/tcp/4001', scope: 'public' },
  { address: `/ip4/8.8.8.8/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`, scope: 'relayed' },
  { address: '/p2p-circuit', scope: 'relayed' },
  { address: '/ip4/0.0.0.0/tcp/4001', scope: 'none' },
  { address: '/ip4/203.0.113.7/tcp/4001', scope: 'none' },
  { address: '/unix/tmp', scope: 'none' },
  { address: 'example.org:4001', scope: 'none' }
] as const)('$address: $scope', ({ address, scope }) => {
  expect(scopeOf(address)).toBe(scope)
})

describe('addresses for others', () => {
  const at = (host: string): string => `/ip4/${host}/tcp/4001/p2p/${PEER}`
  const relayed = `/ip4/8.8.8.8/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`

  test('the best first; those of this machine and cable, and those of nowhere, left out', () => {
    const own = [
      at('127.0.0.1'),
      at('169.254.1.1'),
      at('172.17.0.1'),
      relayed,
      at('192.168.1.5'),
      at('0.0.0.0'),
      at('8.8.4.4')
    ]
    const expected = [at('8.8.4.4'), at('192.168.1.5'), relayed, at('172.17.0.1')]

    expect(addressesForOthers(own, new Set(['172.17.0.1']))).toEqual(expected)
  })

  test('where there is nothing better, what there is', () => {
    expect(addressesForOthers([at('127.0.0.1'), at('0.0.0.0')])).toEqual([at('127.0.0.1')])
    expect(addressesForOthers([at('127.0.0.1'), at('169.254.1.1')])).toEqual([at('169.254.1.1')])
    expect(addressesForOthers([at('127.0.0.1'), relayed])).toEqual([relayed])
    expect(addressesForOthers([])).toEqual([])
  })

  test('no more than a hello holds, none that is too long, and each once', () => {
    const many = Array.from({ length: 40 }, (_, i) => at(`10.0.0.${i}`))
    expect(addressesForOthers(many)).toEqual(many.slice(0, 16))
    expect(addressesForOthers([at('10.0.0.1'), at('10.0.0.1')])).toEqual([at('10.0.0.1')])
    expect(addressesForOthers([`/dns/${'a'.repeat(250)}/tcp/1/p2p/${PEER}`])).toEqual([])
  })

  test('bridges to containers are known by name', () => {
    const of = (address: string) => [{ address } as never]
    const interfaces = {
      lo: of('127.0.0.1'),
      eth0: of('192.168.1.5'),
      docker0: of('172.17.0.1'),
      'br-1f': of('172.18.0.1')
    }

    expect(virtualHosts(interfaces)).toEqual(new Set(['172.17.0.1', '172.18.0.1']))
  })
})

describe('verdict', () => {
  const nothing: ReachabilityFacts = {
    listen: ['lan', 'loopback'],
    isAnnounced: false,
    isConfirmed: false,
    wasReached: false,
    paths: [],
    relays: 0
  }
  const path: Path = { kind: 'direct', direction: 'outbound', scope: 'public', isUpgrade: false }
  const upgrade: Path = { ...path, isUpgrade: true }
  const near: Path = { ...path, scope: 'lan', direction: 'inbound' }

  test.each([
    { id: 'listens to itself', facts: { listen: ['loopback'] }, verdict: 'loopback', relay: false },
    { id: 'a home network', facts: {}, verdict: 'lan', relay: false },
    { id: 'peers on the home network', facts: { paths: [near] }, verdict: 'lan', relay: false },
    { id: 'has dialled somebody outside', facts: { paths: [path] }, verdict: 'unknown', relay: true },
    { id: 'a public address, not yet tried', facts: { listen: ['public'] }, verdict: 'unknown', relay: false },
    { id: 'listens nowhere', facts: { listen: [] }, verdict: 'unknown', relay: false },
    {
      id: 'a public address that was dialled',
      facts: { isConfirmed: true, paths: [path] },
      verdict: 'direct',
      relay: false
    },
    { id: 'somebody came', facts: { wasReached: true, paths: [path] }, verdict: 'direct', relay: false },
    { id: "the operator's word", facts: { isAnnounced: true, paths: [path] }, verdict: 'direct', relay: false },
    { id: 'a place at a relay', facts: { relays: 1, paths: [path] }, verdict: 'relay-only', relay: true },
    { id: 'met there, then direct', facts: { relays: 1, paths: [upgrade] }, verdict: 'hole-punched', relay: true },
    {
      id: 'direct counts more',
      facts: { relays: 1, paths: [upgrade], wasReached: true },
      verdict: 'direct',
      relay: false
    },
    {
      id: 'peers through a relay',
      facts: { paths: [{ ...path, kind: 'relayed', scope: 'relayed' }] },
      verdict: 'unknown',
      relay: true
    }
  ] as const)('$id: $verdict', ({ facts, verdict, relay }) => {
    const all = { ...nothing, ...facts }
    expect(reachabilityOf(all)).toBe(verdict)
    expect(wantsRelay(all)).toBe(relay)
    expect(describeReachability(verdict)).toMatch(new RegExp(`^${verdict}: `))
  })

  test('who comes from outside on his own shows that others can', () => {
    expect(isFromOutside({ ...path, direction: 'inbound' })).toBe(true)
    expect(isFromOutside(path)).toBe(false)
    expect(isFromOutside({ ...upgrade, direction: 'inbound' })).toBe(false)
    expect(isFromOutside(near)).toBe(false)
    expect(isFromOutside({ ...path, kind: 'relayed', direction: 'inbound' })).toBe(false)
  })
})
