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
  lines.push('closed')
  watch.close()
  watch.close()

  return lines
}

const times = (count: number, value: boolean): boolean[] => Array.from({ length: count }, () => value)

describe('ScoreWatch', () => {
  test('says nothing of who always counts', () => {
    expect(reported(times(50, false))).toEqual(['closed'])
  })

  test('says once that a peer is left out, when two rounds in a row have it', () => {
    expect(reported([false, ...times(30, true)])).toEqual(['3 x true', 'closed'])
    expect(reported(times(30, true))).toEqual(['2 x true', 'closed'])
  })

  test('one round is no conclusion', () => {
    expect(reported([...times(9, false), true, ...times(9, false)])).toEqual(['closed'])
    expect(reported([...times(9, false), true])).toEqual(['closed'])
  })

  test('and that it counts again, at the earliest ten rounds later', () => {
    expect(reported([true, true, ...times(20, false)])).toEqual(['2 x true', '12 x false', 'closed'])
    expect(reported([...times(20, true), false, false])).toEqual(['2 x true', '22 x false', 'closed'])
  })

  test('the last word is how things stand, however soon after the one before', () => {
    expect(reported([true, true, false, false])).toEqual(['2 x true', 'closed', '4 x false'])
    expect(reported([true, true, false])).toEqual(['2 x true', 'closed'])
  })

  test('of one that changes every other round it speaks once in ten', () => {
    const changing = Array.from({ length: 60 }, (_, i) => i % 4 < 2)
    const lines = reported(changing)

    expect(lines.length).toBeGreaterThan(2)
    expect(lines.length).toBeLessThanOrEqual(7)
  })

  test('forgets whom the filter forgot', () => {
    const lines: number[] = []
    const watch = new ScoreWatch({ emit: (event) => 'round' in event && lines.push(event.round) })
    const look = (round: number): void => watch.look(round, [score('x', true)])
    look(1)
    look(2)
    watch.look(3, [])
    look(4)
    look(5)

    expect(lines).toEqual([2, 5])
  })
})
