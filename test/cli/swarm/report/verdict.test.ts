import { describe, expect, test } from 'vitest'
import { verdict } from '../../../../src/cli/swarm/report/verdict.ts'
import type { RunRecord } from '../../../../src/cli/swarm/run-record.ts'
import { emptyRun, sampleRun } from './sample-run.ts'

/** A run whose living nodes all reached `accuracy`. */
function runAt(accuracy: number, options: Parameters<typeof sampleRun>[0]): RunRecord {
  const run = sampleRun(options)
  for (const node of run.nodes) if (node.state !== 'died') node.accuracy = accuracy
  run.baseline = { alone: run.nodes.map(() => 0.201), pooled: 0.978 }

  return run
}

describe('verdict', () => {
  test('says what was reached, of what, and what each alone gets', () => {
    expect(verdict(runAt(0.951, { nodes: 8 })).sentence).toBe(
      '8 nodes that each hold 2 of 10 classes reached 95.1 % on average: 97 % of what one model on the pooled data reaches (97.8 %), where each alone gets 20.1 %.'
    )
  })

  test.each([
    { accuracy: 0.951, outcome: 'worked' },
    // 0.95 of 0.978 is 0.9291
    { accuracy: 0.9292, outcome: 'worked' },
    { accuracy: 0.929, outcome: 'partly' },
    { accuracy: 0.202, outcome: 'partly' },
    { accuracy: 0.2, outcome: 'no gain' }
  ])('$accuracy against 0.978 pooled and 0.201 alone: $outcome', ({ accuracy, outcome }) => {
    expect(verdict(runAt(accuracy, { nodes: 4 })).outcome).toBe(outcome)
  })

  test('a share just below the bar is not rounded up to it', () => {
    expect(verdict(runAt(0.929, { nodes: 4 })).sentence).toContain(': 94 % of')
  })

  test('counts the dead, and leaves them out of the mean', () => {
    const { sentence } = verdict(runAt(0.951, { nodes: 8, died: [1, 4, 6] }))
    expect(sentence).toMatch(/^8 nodes that each hold 2 of 10 classes, 3 of which died, reached 95\.1 % on average:/)
  })

  test('one node is judged against nothing', () => {
    const { outcome, headline, sentence } = verdict(runAt(0.951, { nodes: 1, held: 10 }))
    expect({ outcome, headline }).toEqual({ outcome: 'unknown', headline: '' })
    expect(sentence).toMatch(/^1 node that holds all 10 classes reached 95\.1 %: /)
  })

  test('uneven shares are a range', () => {
    const run = runAt(0.951, { nodes: 2 })
    run.nodes[1]!.classCounts = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    expect(verdict(run).sentence).toMatch(/^2 nodes that hold 2 to 5 of 10 classes reached/)
  })

  test('without a baseline it compares with none', () => {
    const { outcome, sentence } = verdict({ ...runAt(0.951, { nodes: 2 }), baseline: undefined })
    expect(outcome).toBe('unknown')
    expect(sentence).toMatch(/reached 95\.1 % on average\. No baseline was measured to compare with\.$/)
  })

  test('interrupted before anything was measured', () => {
    expect(verdict(emptyRun(8)).sentence).toBe(
      '8 nodes ended without a final model: the run was interrupted. No accuracy was measured.'
    )
  })

  test('interrupted on the way: what was last measured', () => {
    const run = emptyRun(2)
    run.nodes[0]!.curve = [{ seconds: 1, round: 1, accuracy: 0.4 }]
    run.nodes[1]!.curve = [{ seconds: 1, round: 1, accuracy: 0.6 }]
    expect(verdict(run).sentence).toContain('When last measured, 2 models had 50.0 % on average.')
  })
})
