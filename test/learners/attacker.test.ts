import { describe, expect, test } from 'vitest'
import { Attacker, type AttackerInit, type Audience } from '../../src/learners/attacker.ts'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { type AttackKnowledge, createAttack, parseAttack } from '../../src/robust/attacks/registry.ts'

const f32 = (...values: number[]) => Float32Array.from(values)
const audience: Audience = { round: 3, n: 5, members: 9 }

function attackerOf(text: string, init: Partial<AttackerInit> = {}) {
  const vectors = new VectorHeap()
  const attack = createAttack(parseAttack(text), { vectors, rng: createRng(1, 'attacker') })
  const before = vectors.usedBytes

  return { vectors, before, attacker: new Attacker({ attack, vectors, dim: 2, attackers: 1, ...init }) }
}

/** One that keeps what it is told. */
function listening(init: Partial<AttackerInit> = {}) {
  const told: AttackKnowledge[] = []
  const { vectors, attacker } = attackerOf('nan', {
    ...init,
    attack: {
      name: 'listen',
      kind: 'model',
      perTarget: false,
      craftInto: (_, knowledge) =>
        void told.push({ ...knowledge, honest: knowledge.honest.map((each) => each.slice()) })
    }
  })

  return { vectors, attacker, told }
}

describe('what an attacker knows', () => {
  test('the newest model of each peer, copied, a peer always in its place', () => {
    const { attacker, told } = listening()
    const arrived = f32(1, 1)
    attacker.observe('a', arrived)
    arrived.fill(9)
    attacker.observe('b', f32(2, 2))
    attacker.observe('a', f32(3, 3))
    attacker.forge(f32(0, 0), audience)

    expect(told[0]!.honest).toEqual([f32(3, 3), f32(2, 2)])
    expect(told[0]!.newest).toBe(0)
    expect(told[0]).toMatchObject({ round: 3, n: 5, own: f32(0, 0) })
  })

  test('nothing of its accomplices', () => {
    const { attacker, told } = listening({ attackers: 2, accomplices: ['b'] })
    attacker.observe('a', f32(1, 1))
    attacker.observe('b', f32(2, 2))
    attacker.forge(f32(0, 0), audience)

    expect(told[0]!.honest).toEqual([f32(1, 1)])
  })

  test('64 peers at most: who was silent longest is forgotten', () => {
    const { vectors, attacker, told } = listening()
    for (let i = 0; i < 64; i++) attacker.observe(`p${i}`, f32(i, i))
    attacker.observe('p0', f32(100, 100))
    const used = vectors.usedBytes
    attacker.observe('one more', f32(200, 200))
    attacker.forge(f32(0, 0), audience)

    expect(told[0]!.honest.length).toBe(64)
    expect(told[0]!.honest).toContainEqual(f32(100, 100))
    expect(told[0]!.honest).toContainEqual(f32(200, 200))
    expect(told[0]!.honest).not.toContainEqual(f32(1, 1))
    // the forged vector apart
    expect(vectors.usedBytes - used).toBeLessThanOrEqual(64)
  })

  test.each([
    { id: 'all hear all', attackers: 2, n: 8, members: 8, f: 2 },
    { id: 'half as many heard', attackers: 4, n: 5, members: 9, f: 2 },
    { id: 'at least itself', attackers: 1, n: 3, members: 100, f: 1 },
    { id: 'never the receiver', attackers: 50, n: 3, members: 20, f: 2 },
    { id: 'alone', attackers: 1, n: 1, members: 1, f: 0 }
  ])('how many of the receiver’s n are Byzantine: $id', ({ attackers, n, members, f }) => {
    const { attacker, told } = listening({ attackers })
    attacker.forge(f32(0, 0), { round: 1, n, members })

    expect(told[0]!.f).toBe(f)
  })

  test('everything, where a simulation grants it: then what arrives makes no difference', () => {
    const models = [
      { peer: 'x', params: f32(5, 5) },
      { peer: 'y', params: f32(6, 6) }
    ]
    const { attacker, told } = listening({ honest: { models: () => models, newest: 'y' } })
    attacker.observe('a', f32(1, 1))
    attacker.forge(f32(0, 0), audience)

    expect(told[0]!.honest).toEqual([f32(5, 5), f32(6, 6)])
    expect(told[0]!.newest).toBe(1)
  })
})

describe('what it sends', () => {
  test('what the attack makes of that, and its own model stays as it is', () => {
    const { attacker } = attackerOf('sign-flipping')
    const own = f32(7, 7)
    attacker.observe('a', f32(1, 2))
    attacker.observe('b', f32(3, 6))

    expect(attacker.forge(own, audience)).toEqual(f32(-2, -4))
    expect(own).toEqual(f32(7, 7))
  })

  test('label flipping: the model that it trained, and nothing is remembered', () => {
    const { vectors, before, attacker } = attackerOf('label-flipping')
    const own = f32(7, 7)
    attacker.observe('a', f32(1, 2))

    expect(attacker.forge(own, audience)).toBe(own)
    expect(vectors.usedBytes).toBe(before)
  })

  test('free-riding: what came last, also of a peer that was known before; mimic: always the same peer', () => {
    const rider = attackerOf('free-riding').attacker
    const mimic = attackerOf('mimic').attacker
    for (const attacker of [rider, mimic]) {
      attacker.observe('a', f32(1, 1))
      attacker.observe('b', f32(2, 2))
      attacker.observe('a', f32(3, 3))
    }

    expect(rider.forge(f32(0, 0), audience)).toEqual(f32(3, 3))
    expect(mimic.forge(f32(0, 0), audience)).toEqual(f32(3, 3))
    for (const attacker of [rider, mimic]) attacker.observe('b', f32(4, 4))
    expect(rider.forge(f32(0, 0), audience)).toEqual(f32(4, 4))
    expect(mimic.forge(f32(0, 0), audience)).toEqual(f32(3, 3))
  })

  test.each(['nan', 'infinity', 'a-little-is-enough', 'replay', 'gaussian'])(
    '%s takes no more memory later',
    (text) => {
      const { vectors, attacker } = attackerOf(text)
      const round = (k: number): void => {
        for (const peer of ['a', 'b', 'c']) attacker.observe(peer, f32(k, -k))
        attacker.forge(f32(1, 1), { ...audience, round: k })
      }
      round(1)
      const used = vectors.usedBytes
      for (let k = 2; k < 50; k++) round(k)

      expect(vectors.usedBytes).toBe(used)
    }
  )

  test('gives all memory back, and may be closed twice', () => {
    const { vectors, before, attacker } = attackerOf('a-little-is-enough')
    for (const peer of ['a', 'b']) attacker.observe(peer, f32(1, 2))
    attacker.forge(f32(0, 0), audience)
    expect(vectors.usedBytes).toBeGreaterThan(before)
    attacker.close()
    attacker.close()

    expect(vectors.usedBytes).toBe(before)
  })
})

describe('by target: dissensus', () => {
  const own = f32(7, 7)
  const knowing = (init: Partial<AttackerInit> = {}) => {
    const { attacker } = attackerOf('dissensus:epsilon=1', init)
    attacker.observe('t', f32(1, 0))
    attacker.observe('a', f32(2, 0))
    attacker.observe('b', f32(4, 0))
    attacker.observe('far', f32(100, 100))

    return attacker
  }

  test('its own model to one whose model it does not know, or when nobody is named', () => {
    expect(knowing().forge(own, audience, { peer: 'z', hears: ['a', 'b'] })).toBe(own)
    expect(knowing().forge(own, audience)).toBe(own)
    expect(knowing().perTarget).toBe(true)
  })

  test('in a graph: against the pull of those that the target hears, and of nobody else', () => {
    // weights of 1/4 each: the pull is (2 - 1)/4 + (4 - 1)/4 = 1, and one attacker has 1/4 to cancel it
    const forged = knowing({ attackers: 1 }).forge(
      own,
      { round: 1, n: 4, members: 9 },
      { peer: 't', hears: ['a', 'b', 'me'] }
    )

    expect(forged).toEqual(f32(1 - 4, 0))
  })

  test('with an accomplice beside it, each need do half', () => {
    const attacker = knowing({ attackers: 3, accomplices: ['c', 'd'] })
    const forged = attacker.forge(own, { round: 1, n: 5, members: 9 }, { peer: 't', hears: ['a', 'b', 'c', 'me'] })

    expect(forged).toEqual(f32(1 - 4 / 2, 0))
  })

  test('where anybody may send: the known ones stand for as many as do', () => {
    // n = 4: of three senders one attacks, so the three known (1, 3 and 99 away) have two quarters in all
    const hears = ['a', 'b', 'far', 'p', 'q', 'me']
    const forged = knowing().forge(own, { round: 1, n: 4, members: 7 }, { peer: 't', hears })

    expect(forged[0]).toBeCloseTo(1 - 4 * ((1 + 3 + 99) / 3) * (2 / 4), 3)
  })
})
