import { describe, expect, test } from 'vitest'
import { checkJob } from '../../src/node/check-job.ts'
import { resolveJob } from '../../src/node/job.ts'

const check = async (job: object) => checkJob(resolveJob({ data: { nodes: 8 }, ...job }, 'test'))

test.each([
  { learner: { filter: 'mud-hog' } },
  { learner: { name: 'dpsgd', filter: 'mud-hog:targeted=off', robust: 'median' } },
  { learner: { name: 'fedavg', filter: 'mud-hog', merge: 'variance-corrected' } },
  { model: { name: 'linear' }, learner: { filter: 'bristle' } },
  { trainable: 'head', learner: { name: 'dpsgd', filter: 'bristle:tested=5' } }
])('$learner is a job', async (job) => {
  await expect(check(job)).resolves.toBeUndefined()
})

describe('refused at start', () => {
  const linear = { model: { name: 'linear' } }
  test.each([
    { job: { learner: { filter: 'mudhog' } }, says: 'no filter "mudhog", did you mean mud-hog?' },
    { job: { learner: { name: 'modest', filter: 'mud-hog' } }, says: 'filter' },
    {
      job: { learner: { filter: 'bristle' } },
      says: 'learner.filter: filter bristle exchanges the output layer alone'
    },
    { job: { ...linear, learner: { name: 'fedavg', filter: 'bristle' } }, says: 'tests models on own examples' },
    { job: { ...linear, learner: { filter: 'bristle', robust: 'median' } }, says: 'leave learner.robust "median" out' },
    { job: { ...linear, learner: { filter: 'bristle', merge: 'fisher' } }, says: 'leave learner.merge "fisher" out' }
  ])('$job.learner', async ({ job, says }) => {
    const refused = (async () => check(job))()
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(says)
    })
  })
})
