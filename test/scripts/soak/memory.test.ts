import { describe, expect, test } from 'vitest'
import { judgeMemory, judgeWhetherJudged, memoryChange } from '../../../scripts/soak/judge/memory.ts'
import { lifeWith, sampled } from './lives.ts'

describe('judgeMemory', () => {
  test.each([
    { id: 'flat', megabytes: () => 300, broken: false },
    { id: 'grown while it started', megabytes: (s: number) => (s < 200 ? 100 + s : 300), broken: false },
    { id: 'growing by less than a tenth since', megabytes: (s: number) => 300 + s * 0.03, broken: false },
    { id: 'growing by more than a tenth since', megabytes: (s: number) => 300 + s * 0.06, broken: true },
    { id: 'shrinking', megabytes: (s: number) => 300 - s * 0.06, broken: false },
    { id: 'high for a moment', megabytes: (s: number) => (s > 900 && s < 950 ? 900 : 300), broken: false },
    { id: 'high in the end', megabytes: (s: number) => (s > 880 ? 331 : 300), broken: true }
  ])('$id', ({ megabytes, broken }) => {
    expect(judgeMemory(sampled({ seconds: 1000, megabytes }))).toHaveLength(broken ? 1 : 0)
  })

  test('says by whom, by how much and since when', () => {
    const [finding] = judgeMemory(sampled({ seconds: 500, megabytes: (s) => (s > 400 ? 450 : s > 99 ? 300 : 100) }))

    expect(finding).toMatchObject({ promise: 'memory', by: { node: 3, pid: 4711 } })
    expect(finding!.text).toBe(
      '+50.0 % since its second fifth; medians of its fifths: 100 MB, 300 MB, 300 MB, 300 MB, 450 MB'
    )
  })

  test('compares the last fifth of the life with the second', () => {
    const change = memoryChange(
      sampled({ seconds: 100, megabytes: (s) => (s < 20 ? 1 : s < 40 ? 100 : s < 80 ? 7 : 105) })
    )

    expect(change).toMatchObject({ settledBytes: 100e6, lastBytes: 105e6 })
    expect(change!.change).toBeCloseTo(0.05)
  })

  test('does not judge what has not lived long since it was ready', () => {
    const megabytes = (s: number): number => 100 + s
    expect(memoryChange(sampled({ seconds: 99, megabytes }))).toBeUndefined()
    expect(memoryChange(sampled({ seconds: 100, megabytes }))).toBeDefined()
    expect(memoryChange({ ...sampled({ seconds: 300, megabytes }), readySeconds: 250 })).toBeUndefined()
    expect(memoryChange({ ...sampled({ seconds: 300, megabytes }), readySeconds: undefined })).toBeUndefined()
    expect(memoryChange(lifeWith())).toBeUndefined()
    const few = [
      { seconds: 11, round: 1 },
      { seconds: 12, round: 150 }
    ]
    expect(memoryChange({ ...sampled({ seconds: 300, megabytes }), growth: few })).toBeUndefined()
    expect(
      memoryChange({ ...sampled({ seconds: 300, megabytes }), order: { kind: 'leave', seconds: 90 } })
    ).toBeUndefined()
  })

  test('a run in which nobody was judged has shown nothing', () => {
    const megabytes = (): number => 300
    expect(judgeWhetherJudged([lifeWith()])).toHaveLength(1)
    expect(judgeWhetherJudged([lifeWith(), sampled({ seconds: 100, megabytes })])).toEqual([])
  })
})
