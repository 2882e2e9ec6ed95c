import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Peer } from '../../src/interface/network.ts'
import { type AvailabilityProbe, createProbe } from '../../src/sampling/availability.ts'

const arbitrarySwarm = fc.nat(12).chain((size) =>
  fc.record({
    alive: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    /** Place of oneself; may be nowhere. */
    self: fc.nat(12),
    count: fc.nat(6),
    margin: fc.nat(4),
    /** Which of the pings under way ends next. */
    turns: fc.array(fc.nat(99), { minLength: size, maxLength: size })
  })
)

interface Run {
  probe: AvailabilityProbe
  pinged: Peer[]
  /** Peers taken from the order. */
  drawn: () => number
}

/** Starts a probe over peers 0, 1, 2, ... of the order. */
function probeOf(size: number, init: { self: number; count: number; margin: number }): Run {
  let drawn = 0
  const next = (): Peer | undefined => (drawn < size ? `p${drawn++}` : undefined)
  const probe = createProbe({ next, ...init, self: `p${init.self}` })

  return { probe, pinged: [], drawn: () => drawn }
}

function placeOf(peer: Peer): number {
  return Number(peer.slice(1))
}

describe('whatever the order of answers and time-outs', () => {
  test('the result is the first live peers of the order, in its order', () => {
    fc.assert(
      fc.property(arbitrarySwarm, ({ alive, turns, ...init }) => {
        const isAlive = (place: number): boolean => place === init.self || alive[place]!
        const { probe, pinged } = probeOf(alive.length, init)
        const underWay: Peer[] = []
        for (const turn of turns) {
          const pings = probe.takePings()
          pinged.push(...pings)
          underWay.push(...pings)
          if (probe.done) break
          expect(probe.pending().toSorted()).toEqual(underWay.toSorted())

          const [peer] = underWay.splice(turn % underWay.length, 1)
          if (isAlive(placeOf(peer!))) probe.answered(peer!)
          else probe.timedOut(peer!)
        }

        const live = alive.map((_, place) => place).filter(isAlive)
        expect(probe.done).toBe(true)
        expect(probe.result()).toEqual(live.slice(0, init.count).map((place) => `p${place}`))
        expect(probe.pending()).toEqual([])
        expect(new Set(pinged).size).toBe(pinged.length)
        expect(pinged).not.toContain(`p${init.self}`)
      }),
      { numRuns: 1000 }
    )
  })

  test('no more peers are asked than the silent, the wanted and the margin', () => {
    fc.assert(
      fc.property(arbitrarySwarm, ({ alive, turns, ...init }) => {
        const { probe, drawn } = probeOf(alive.length, init)
        const underWay = probe.takePings()
        let silent = 0
        for (const turn of turns) {
          if (probe.done) break
          const [peer] = underWay.splice(turn % underWay.length, 1)
          if (alive[placeOf(peer!)]) probe.answered(peer!)
          else {
            silent++
            probe.timedOut(peer!)
          }
          underWay.push(...probe.takePings())
          expect(drawn()).toBeLessThanOrEqual(init.count + init.margin + silent)
        }
      })
    )
  })
})

describe('a probe for two of five', () => {
  const start = (init: Partial<{ self: number; count: number; margin: number }> = {}): AvailabilityProbe =>
    probeOf(5, { self: 9, count: 2, margin: 0, ...init }).probe

  test('pings the first two, and the next for each that is silent', () => {
    const probe = start()
    expect(probe.takePings()).toEqual(['p0', 'p1'])
    expect(probe.takePings()).toEqual([])
    probe.timedOut('p0')
    expect(probe.takePings()).toEqual(['p2'])
    probe.answered('p1')
    expect([probe.done, probe.pending()]).toEqual([false, ['p2']])
    probe.answered('p2')
    expect([probe.done, probe.result()]).toEqual([true, ['p1', 'p2']])
  })

  test('waits for an earlier peer although later ones have answered', () => {
    const probe = start({ margin: 2 })
    expect(probe.takePings()).toEqual(['p0', 'p1', 'p2', 'p3'])
    for (const peer of ['p1', 'p2', 'p3']) probe.answered(peer)
    expect([probe.done, probe.result()]).toEqual([false, ['p1', 'p2']])
    probe.answered('p0')
    expect([probe.done, probe.result()]).toEqual([true, ['p0', 'p1']])
  })

  test('with a margin, a silent peer costs no further ping to wait for', () => {
    const probe = start({ margin: 1 })
    for (const peer of ['p1', 'p2']) probe.answered(peer)
    probe.timedOut('p0')
    expect([probe.done, probe.result(), probe.takePings()]).toEqual([true, ['p1', 'p2'], []])
  })

  test('takes an answer after the time-out, as long as it is open', () => {
    const probe = start()
    probe.takePings()
    probe.timedOut('p0')
    probe.answered('p1')
    probe.answered('p0')
    expect([probe.done, probe.result()]).toEqual([true, ['p0', 'p1']])
    probe.answered('p2')
    probe.timedOut('p1')
    expect(probe.result()).toEqual(['p0', 'p1'])
  })

  test('a late answer saves the ping for the next silent peer', () => {
    const probe = start()
    probe.timedOut('p0')
    probe.takePings()
    probe.answered('p0')
    probe.timedOut('p1')
    expect([probe.takePings(), probe.pending()]).toEqual([[], ['p2']])
  })

  test('hears nobody twice, and nobody that was not asked', () => {
    const probe = start()
    for (const peer of ['p0', 'p0', 'p4', 'x']) probe.answered(peer)
    probe.timedOut('p0')
    probe.timedOut('p3')
    expect([probe.done, probe.result(), probe.pending()]).toEqual([false, ['p0'], ['p1']])
  })

  test('ends with those there are', () => {
    const probe = start({ self: 3 })
    for (const peer of ['p0', 'p1', 'p2', 'p4']) probe.timedOut(peer)
    expect([probe.done, probe.result()]).toEqual([true, ['p3']])
  })

  test('needs no ping for oneself, nor for none', () => {
    expect(start({ self: 0, count: 1 }).result()).toEqual(['p0'])
    expect(start({ count: 0 }).done).toBe(true)
  })
})
