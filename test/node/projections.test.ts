import { describe, expect, test } from 'vitest'
import { isProjectionJob, type JobInput, type ProjectionJob, resolveJob } from '../../src/node/job.ts'
import { checkProjections, horizonOf, leadOf, maxAuthorsOf, projectionMath } from '../../src/node/projections.ts'

function jobOf(nodes: number, learner: Partial<ProjectionJob['learner']> = {}): ProjectionJob {
  const input: JobInput = {
    model: { name: 'linear' },
    data: { nodes },
    learner: { ...learner, name: 'spsa' },
    budget: { rounds: 300 }
  }
  const job = resolveJob(input, 'test')
  if (!isProjectionJob(job)) throw new Error('not a job of projections')

  return job
}

describe('a job of projections', () => {
  test.each([1, 4, 16, 100])('of %i nodes: full logs of the largest of all authors fit an int32', (nodes) => {
    const job = jobOf(nodes)
    const { coefficientOf } = projectionMath(job)
    let sum = 0
    const places = horizonOf(job) * job.learner.queries
    for (let place = 0; place < places; place++) sum += Math.abs(coefficientOf(0x7f, place))
    const all = sum * maxAuthorsOf(job)

    expect(maxAuthorsOf(job)).toBeGreaterThanOrEqual(Math.max(2 * nodes, nodes + 8))
    expect(all).toBeLessThan(2 ** 31)
    // and no finer than they must be
    expect(all).toBeGreaterThan(2 ** 29)
  })

  test('has no more nodes than a question can name', () => {
    expect(() => checkProjections(jobOf(800))).not.toThrow()
    expect(() => checkProjections(jobOf(801))).toThrow(/at most 800/)
  })

  test('has a lead in steps, ahead of the fastest of those that may not lie', () => {
    expect(leadOf(jobOf(8, { lead: 50, trim: 2, queries: 3 }))).toEqual({ liars: 2, places: 150 })
    expect(leadOf(jobOf(8, { trim: 2 }))).toBeUndefined()
    expect(() => checkProjections(jobOf(8, { lead: 50 }))).toThrow(/learner.lead: .* trim/)
  })
})
