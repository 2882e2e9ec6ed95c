import { describe, expect, test } from 'vitest'
import { simulate } from '../../../scripts/reproduce/modest/simulate.ts'
import { moveOf, runLockstep } from '../../../scripts/reproduce/spsa/lockstep.ts'
import { type JobInput, type ProjectionJob, resolveJob } from '../../../src/node/job.ts'
import { projectionMath } from '../../../src/node/projections.ts'

const JOB: JobInput = {
  seed: 3,
  data: { set: 'glyphs', nodes: 1 },
  model: { name: 'linear' },
  learner: { name: 'spsa' },
  learningRate: { peak: 0.002 },
  budget: { rounds: 40 },
  evaluation: { points: 0 }
}

describe('moveOf', () => {
  const job = resolveJob({ ...JOB, data: { set: 'glyphs', nodes: 16 } }, 'test') as ProjectionJob
  const math = projectionMath(job)
  const floats = moveOf(job, math, 'floats')
  const bytes = moveOf(job, math, 'bytes')

  test('with floats it is downhill, by the step size over the nodes', () => {
    expect(floats(1.6, 0)).toBeCloseTo(-0.002 * (1.6 / 16), 12)
    expect(floats(-1.6, 20)).toBeCloseTo(0.001 * (1.6 / 16), 12) // half way of a linear schedule
  })

  test.each([0.003, -0.02, 0.7, -3, 40])('a byte is off by what its scale says: %f', (difference) => {
    const ratio = bytes(difference, 10) / floats(difference, 10)

    expect(Math.abs(Math.log(ratio))).toBeLessThan(0.045)
    expect(ratio).not.toBe(1)
  })

  test('a loss that is none moves nothing, and a byte has an end', () => {
    expect(bytes(Number.NaN, 0)).toBe(0)
    expect(bytes(1000, 0)).toBe(bytes(64, 0))
  })
})

describe('runLockstep', () => {
  test('one node in step is one node in the simulator, to the last bit', async () => {
    let simulated: { accuracy: number; loss: number } | undefined
    await simulate({
      job: JOB,
      onEvent: (_ms, _node, event) => {
        if (event.event === 'model:evaluated' && event.final) simulated = { accuracy: event.accuracy, loss: event.loss }
      }
    })

    expect(await runLockstep({ job: JOB, precision: 'bytes' })).toMatchObject(simulated!)
    const floats = await runLockstep({ job: JOB, precision: 'floats' })
    expect(floats.loss).not.toBe(simulated!.loss)
    expect(floats.loss).toBeCloseTo(simulated!.loss, 1)
  }, 60_000)
})
