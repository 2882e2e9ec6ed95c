import { describe, expect, test } from 'vitest'
import { ScoreWatch } from '../../src/learners/score-watch.ts'

const score = (sender: string, isExcluded: boolean) => ({
  sender,
  score: isExcluded ? 0 : 1,
  isExcluded,
  reason: 'why'
})

/** What is reported when peer x is excluded in each of these rounds, from 1 on. */
function reported(excluded: readonly boolean[]): string[] {
  const lines: string[] = []
  const watch = new ScoreWatch({
    emit: (event) => {
      if (event.event === 'peer:scored') lines.push(`${event.round} ${event.peer} ${event.excluded}`)
    }
  })
  for (const [i, isExcluded] of excluded.entries()) watch.look(i + 1, [score('x', isExcluded)])

  return lines
}

const times = (count: number, value: boolean): boolean[] => Array.from({ length: count }, () => value)

describe('ScoreWatch', () => {
  test('says nothing of who always counts', () => {
    expect(reported(times(50, false))).toEqual([])
  })

  test('says once that a peer is left out', () => {
    expect(reported([false, ...times(30, true)])).toEqual(['2 x true'])
  })

  test('and that it counts again, at the earliest ten rounds later', () => {
    expect(reported([true, ...times(20, false)])).toEqual(['1 x true', '11 x false'])
    expect(reported([...times(20, true), false])).toEqual(['1 x true', '21 x false'])
  })

  test('of one that changes every round it speaks once in ten', () => {
    const changing = Array.from({ length: 60 }, (_, i) => i % 2 === 0)

    expect(reported(changing).length).toBeLessThanOrEqual(6)
  })

  test('forgets whom the filter forgot', () => {
    const lines: number[] = []
    const watch = new ScoreWatch({ emit: (event) => 'round' in event && lines.push(event.round) })
    watch.look(1, [score('x', true)])
    watch.look(2, [])
    watch.look(3, [score('x', true)])

    expect(lines).toEqual([1, 3])
  })
})
