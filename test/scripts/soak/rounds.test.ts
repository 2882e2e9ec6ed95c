import { describe, expect, test } from 'vitest'
import { judgeRounds, longestStall } from '../../../scripts/soak/judge/rounds.ts'
import { lifeWith } from './lives.ts'

const grewAt = (...seconds: number[]) => seconds.map((each, i) => ({ seconds: each, round: i + 1 }))
const every = (period: number, until: number) =>
  grewAt(...Array.from({ length: Math.floor((until - 10) / period) }, (_, i) => 10 + (i + 1) * period))

describe('judgeRounds', () => {
  test('a round every second is no stall', () => {
    expect(judgeRounds(lifeWith({ growth: every(1, 300) }), 300)).toEqual([])
  })

  test('names the round in which a node stood, and since when', () => {
    const [finding] = judgeRounds(lifeWith({ growth: grewAt(12, 15, 80, 81) }), 82)

    expect(finding).toMatchObject({
      promise: 'rounds',
      by: { node: 3 },
      text: 'stood in round 2 for 65 s, from second 15 on'
    })
  })

  test('counts the time before the first round, and since the last', () => {
    expect(longestStall(lifeWith({ growth: grewAt(90, 100) }), 110)).toEqual({ fromSeconds: 10, seconds: 80 })
    expect(longestStall(lifeWith({ growth: grewAt(12, 20) }), 100)).toEqual({ fromSeconds: 20, seconds: 80 })
    expect(longestStall(lifeWith({ growth: [] }), 100)).toEqual({ fromSeconds: 10, seconds: 90 })
  })

  test('not while the process is stopped', () => {
    const growth = grewAt(20, 110)
    const pauses = [{ fromSeconds: 30, toSeconds: 70 }]
    expect(longestStall(lifeWith({ growth, pauses }), 120).seconds).toBe(50)
    expect(judgeRounds(lifeWith({ growth, pauses }), 120)).toEqual([])
    expect(judgeRounds(lifeWith({ growth }), 120)).toHaveLength(1)
    expect(
      longestStall(lifeWith({ growth: grewAt(20), pauses: [{ fromSeconds: 25, toSeconds: undefined }] }), 500)
    ).toEqual({ fromSeconds: 10, seconds: 10 })
  })

  test('not before it is ready, nor after it was told to end or has ended', () => {
    expect(judgeRounds(lifeWith({ readySeconds: undefined }), 500)).toEqual([])
    expect(judgeRounds(lifeWith({ order: { kind: 'leave', seconds: 40 } }), 500)).toEqual([])
    expect(judgeRounds(lifeWith({ end: { seconds: 40, code: 0, signal: null } }), 500)).toEqual([])
    expect(judgeRounds(lifeWith(), 500)).toHaveLength(1)
  })
})
