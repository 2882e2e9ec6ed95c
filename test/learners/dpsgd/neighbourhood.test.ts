import { describe, expect, test } from 'vitest'
import { Neighbourhood } from '../../../src/learners/dpsgd/neighbourhood.ts'

const PEERS = ['a', 'b', 'c']
const HASH = 'ab'
const model = (value: number): Uint8Array => Uint8Array.of(value)

function inRound(round: number): Neighbourhood {
  const neighbourhood = new Neighbourhood(PEERS)
  neighbourhood.enter(round)
  return neighbourhood
}

describe('models', () => {
  test.each([
    { round: 4, verdict: 'useless' },
    { round: 5, verdict: 'wanted' },
    { round: 6, verdict: 'wanted' },
    { round: 7, verdict: 'useless' }
  ])('in round 5, one of round $round is $verdict', ({ round, verdict }) => {
    expect(inRound(5).onAnnounced('a', round, HASH)).toBe(verdict)
  })

  test('strangers have none; a repeated word changes nothing, another model for the round is refused', () => {
    const neighbourhood = inRound(5)
    expect(neighbourhood.onAnnounced('mallory', 5, HASH)).toBe('useless')
    expect(neighbourhood.onAnnounced('a', 5, HASH)).toBe('wanted')
    expect(neighbourhood.onAnnounced('a', 5, HASH)).toBe('known')
    expect(neighbourhood.onAnnounced('a', 5, 'cd')).toBe('useless')
    expect(neighbourhood.held).toBe(1)
  })

  test('an early one is kept for its round, and is the oldest that is kept then', () => {
    const neighbourhood = inRound(5)
    neighbourhood.onAnnounced('b', 6, HASH)
    neighbourhood.onAnnounced('b', 5, HASH)
    neighbourhood.onAnnounced('a', 5, HASH)
    neighbourhood.onArrived('b', 6, model(6))
    neighbourhood.onArrived('b', 5, model(5))
    neighbourhood.onArrived('a', 5, model(1))
    expect(neighbourhood.models()).toEqual([
      { peer: 'a', encoded: model(1) },
      { peer: 'b', encoded: model(5) }
    ])
    expect(neighbourhood.held).toBe(3)

    neighbourhood.enter(6)
    expect(neighbourhood.models()).toEqual([{ peer: 'b', encoded: model(6) }])
    expect(neighbourhood.held).toBe(1)
    expect(neighbourhood.onArrived('a', 5, model(1))).toBe(false)
  })
})

describe('who is waited for', () => {
  test('connected neighbours until their model is here, not merely announced', () => {
    const neighbourhood = inRound(1)
    expect(neighbourhood.missing(['c', 'x', 'a'])).toEqual(['a', 'c'])
    neighbourhood.onAnnounced('a', 1, HASH)
    expect(neighbourhood.missing(PEERS)).toEqual(PEERS)
    neighbourhood.onArrived('a', 1, model(1))
    expect(neighbourhood.missing(PEERS)).toEqual(['b', 'c'])
  })

  test('not those left out, until they are heard from: a late one catches up only if it is waited for', () => {
    const neighbourhood = inRound(5)
    neighbourhood.leaveOut(['a', 'b'])
    expect(neighbourhood.missing(PEERS)).toEqual(['c'])
    expect(neighbourhood.onAnnounced('a', 4, HASH)).toBe('useless')
    expect(neighbourhood.missing(PEERS)).toEqual(['a', 'c'])
  })

  test('not one that has skipped this round; one round ahead is none skipped, words overtake each other', () => {
    const neighbourhood = inRound(5)
    for (const peer of PEERS) neighbourhood.onAnnounced(peer, 4, HASH)
    neighbourhood.onAnnounced('a', 6, HASH)
    neighbourhood.onAnnounced('b', 7, HASH)
    expect(neighbourhood.missing(PEERS)).toEqual(['a', 'c'])
  })

  test('nor one that has jumped over it', () => {
    const neighbourhood = inRound(19)
    neighbourhood.onAnnounced('a', 3, HASH)
    neighbourhood.onAnnounced('a', 20, HASH)
    expect(neighbourhood.missing(PEERS)).toEqual(['b', 'c'])
    neighbourhood.enter(20)
    expect(neighbourhood.missing(PEERS)).toEqual(PEERS)
  })

  test('a finished one for its last round, whose model may come after that word, and no longer', () => {
    const neighbourhood = inRound(5)
    neighbourhood.onFinished('a', 5)
    neighbourhood.onFinished('b', 4)
    expect(neighbourhood.missing(PEERS)).toEqual(['a', 'c'])
    expect(neighbourhood.unfinished(PEERS)).toEqual(['c'])
    neighbourhood.onAnnounced('a', 5, HASH)
    neighbourhood.onFailed('a', 5)
    expect(neighbourhood.missing(PEERS)).toEqual(['c'])
  })

  test('not one that says it is through with this round, unless its model is under way', () => {
    const neighbourhood = inRound(5)
    neighbourhood.onAnnounced('a', 5, HASH)
    for (const peer of ['a', 'b']) neighbourhood.onSkipped(peer, 5)
    expect(neighbourhood.missing(PEERS)).toEqual(['a', 'c'])
    neighbourhood.enter(6)
    expect(neighbourhood.missing(PEERS)).toEqual(PEERS)
  })

  test('one that is gone is new when it comes back', () => {
    const neighbourhood = inRound(5)
    neighbourhood.onFinished('a', 5)
    neighbourhood.onGone('a')
    expect(neighbourhood.missing(PEERS)).toEqual(['b', 'c'])
    neighbourhood.onAnnounced('a', 5, HASH)
    expect(neighbourhood.unfinished(PEERS)).toEqual(PEERS)
  })
})

describe('falling behind', () => {
  test.each([
    { what: 'all in the same round', newest: [5, 5, 4], join: 5 },
    { what: 'one early', newest: [6, 6, 6], join: 5 },
    { what: 'most far ahead', newest: [5, 20, 21], join: 21 },
    { what: 'one that claims to be far ahead', newest: [5, 5, 1_000_000], join: 5 },
    { what: 'all far ahead', newest: [7, 7, 7], join: 8 }
  ])('$what', ({ newest, join }) => {
    const neighbourhood = inRound(5)
    for (const [i, round] of newest.entries()) neighbourhood.onAnnounced(PEERS[i]!, round, HASH)
    expect(neighbourhood.roundToJoin(PEERS)).toBe(join)
  })

  test('of two neighbours, both must be ahead; those not connected do not count; answers tell as well', () => {
    const neighbourhood = inRound(5)
    neighbourhood.onAnnounced('a', 30, HASH)
    neighbourhood.onAnnounced('b', 5, HASH)
    expect(neighbourhood.roundToJoin(['a', 'b'])).toBe(5)
    expect(neighbourhood.roundToJoin(['a'])).toBe(31)
    neighbourhood.onRound('b', 21)
    expect(neighbourhood.roundToJoin(['a', 'b'])).toBe(21)
    expect(neighbourhood.roundToJoin([])).toBe(5)
  })
})
