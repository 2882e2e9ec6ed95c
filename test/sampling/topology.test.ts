import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { neighbours, orderMembers, parseTopology } from '../../src/sampling/topology.ts'

const names = (n: number) => Array.from({ length: n }, (_, i) => `peer${i}`)

function graph(text: string, n: number, round = 0, seed = 1): Map<string, string[]> {
  const ordered = orderMembers(names(n), seed)
  return new Map(ordered.map((self) => [self, neighbours(parseTopology(text), { ordered, self, round, seed })]))
}

function reachable(edges: Map<string, string[]>): number {
  const seen = new Set<string>()
  const open = ['peer0']
  for (let peer = open.pop(); peer !== undefined; peer = open.pop()) {
    if (seen.has(peer)) continue
    seen.add(peer)
    open.push(...(edges.get(peer) ?? []))
  }
  return seen.size
}

describe('parseTopology', () => {
  test.each(['ring', 'full', 'regular:4', 'random:1'])('accepts %s', (text) => {
    expect(parseTopology(text).kind).toBe(text.split(':')[0])
  })

  test.each(['', 'star', 'regular', 'regular:0', 'regular:1', 'regular:65', 'random:-1', 'random:2.5', 'ring:2'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseTopology(text)).toThrowError(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }))
    }
  )
})

test('the order is the same from every list, and another for another seed', () => {
  expect(orderMembers(names(9).reverse(), 1)).toEqual(orderMembers(names(9), 1))
  expect(orderMembers(names(9), 2)).not.toEqual(orderMembers(names(9), 1))
})

describe('neighbours', () => {
  test('fixed graphs are symmetric, connected, and have the degree they name', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 9 }), fc.nat(), (n, degree, seed) => {
        const edges = graph(`regular:${degree}`, n, 0, seed)
        const possible = Math.min(degree % 2 === 1 && n % 2 === 1 ? degree - 1 : degree, n - 1)
        for (const [peer, others] of edges) {
          expect(new Set(others).size).toBe(others.length)
          expect(others).not.toContain(peer)
          // K >= n - 1 is the complete graph, whatever the parity
          expect(others).toHaveLength(degree >= n - 1 ? n - 1 : possible)
          for (const other of others) expect(edges.get(other)).toContain(peer)
        }
        expect(reachable(edges)).toBe(n)
      })
    )
  })

  test('a ring goes once around', () => {
    const edges = graph('ring', 7)
    expect([...edges.values()].every((others) => others.length === 2)).toBe(true)
    expect(reachable(edges)).toBe(7)
  })

  test('random:K differs from round to round and reaches everyone in time', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 40; round++)
      for (const peer of graph('random:2', 8, round).get('peer0')!) seen.add(peer)
    expect(graph('random:2', 8, 0)).not.toEqual(graph('random:2', 8, 1))
    expect(seen.size).toBe(7)
  })

  test('someone who is not a member has none, and one alone has none', () => {
    expect(neighbours({ kind: 'full' }, { ordered: names(3), self: 'stranger', round: 0, seed: 1 })).toEqual([])
    expect(graph('regular:4', 1).get('peer0')).toEqual([])
  })
})
