import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderKey, orderPeers, PeerOrder } from '../../src/sampling/order.ts'

const peers = Array.from({ length: 10 }, (_, k) => `peer${k}`)

/** `plexus_sample_order`: places by md5(peer + '-' + round), from sacs-epfl/plexus 82ae6cf, sample_manager.py. */
const PLEXUS_ROUNDS = [
  { round: 0, order: [8, 1, 4, 2, 6, 0, 9, 7, 5, 3] },
  { round: 1, order: [2, 7, 9, 5, 3, 0, 8, 4, 6, 1] },
  { round: 2, order: [8, 7, 5, 3, 4, 2, 6, 1, 9, 0] },
  { round: 10, order: [0, 4, 2, 7, 5, 8, 3, 6, 9, 1] }
]

describe('with MD5, the order of the paper’s code', () => {
  test.each(PLEXUS_ROUNDS)('round $round', ({ round, order }) => {
    const expected = order.map((k) => `peer${k}`)
    expect(orderPeers(peers, round, 'md5')).toEqual(expected)
    expect(new PeerOrder(peers, { round, hash: 'md5' }).take(10)).toEqual(expected)
  })

  const vectors = new URL('../../../shared/vectors/merge-and-sampling.json', import.meta.url)
  test.skipIf(!existsSync(vectors))('and of the reference vectors, where they are at hand', () => {
    const { plexus_sample_order } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      plexus_sample_order: { peers: string[]; rounds: Record<string, string[]> }
    }
    const rounds = Object.entries(plexus_sample_order.rounds)

    expect(rounds.length).toBe(PLEXUS_ROUNDS.length)
    for (const [round, order] of rounds) {
      expect(orderPeers(plexus_sample_order.peers, Number(round), 'md5')).toEqual(order)
    }
  })
})

describe('with SHA-256', () => {
  test('a key is the digest of peer, dash and decimal round', () => {
    const expected = createHash('sha256').update('12D3KooWx-17').digest('hex')
    expect(Buffer.from(orderKey('12D3KooWx', 17), 'latin1').toString('hex')).toBe(expected)
  })

  test('the order is that of the digests as bytes, whatever that of the input', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.nat(), fc.nat(), (names, round, turn) => {
        const key = (peer: string): string => createHash('sha256').update(`${peer}-${round}`).digest('hex')
        const expected = names.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
        const turned = [...names.slice(turn % (names.length + 1)), ...names.slice(0, turn % (names.length + 1))]

        expect(orderPeers(turned, round)).toEqual(expected)
        expect(new PeerOrder(turned, { round }).take(names.length)).toEqual(expected)
      })
    )
  })

  test('every peer has its turn: over many rounds, each is first equally often', () => {
    const counts = new Map<string, number>()
    for (let round = 0; round < 2000; round++) {
      const first = new PeerOrder(peers, { round }).next()!
      counts.set(first, (counts.get(first) ?? 0) + 1)
    }

    // chi-squared with 9 degrees of freedom is above 27.9 with chance 0.001; the rounds are fixed
    const chiSquared = peers.reduce((sum, peer) => sum + ((counts.get(peer) ?? 0) - 200) ** 2 / 200, 0)
    expect(chiSquared).toBeLessThan(27.9)
  })
})

test('an order goes on where it was, and ends', () => {
  const order = new PeerOrder(peers, { round: 3 })
  const all = orderPeers(peers, 3)

  expect([order.next(), ...order.take(3), order.next()]).toEqual(all.slice(0, 5))
  expect(order.take(99)).toEqual(all.slice(5))
  expect(order.next()).toBeUndefined()
  expect(order.take(1)).toEqual([])
  expect(new PeerOrder([], { round: 3 }).next()).toBeUndefined()
})
