import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkJob } from '../../src/node/check-job.ts'
import { resolveJob } from '../../src/node/job.ts'

const check = async (job: object) => checkJob(resolveJob({ data: { nodes: 8 }, ...job }, 'test'))

test.each([
  { learner: {} },
  { learner: { merge: 'mean:own=0.5' } },
  { learner: { name: 'gossip', merge: 'variance-corrected:own=0.3:target=self' } },
  { learner: { name: 'dpsgd', merge: 'fisher:examples=16:labels=sampled' } },
  { learner: { name: 'modest', merge: 'fisher:favour=none' } },
  { learner: { name: 'fedavg', merge: 'variance-corrected' } },
  { learner: { name: 'modest', merge: 'aligned' } },
  { learner: { name: 'gossip', merge: 'mean', robust: 'median' } }
])('$learner is a job', async (job) => {
  await expect(check(job)).resolves.toBeUndefined()
})

test('the mean, where nothing is said', () => {
  expect(resolveJob({}, 'test').learner).toMatchObject({ name: 'gossip', merge: 'mean' })
})

describe('refused at start', () => {
  test.each([
    { learner: { merge: 'fishr' }, says: 'no policy "fishr", did you mean fisher?' },
    { learner: { merge: 'fisher:labels=true' }, says: 'labels is "true", expected one of exact, sampled' },
    {
      learner: { merge: 'variance-corrected', robust: 'median' },
      says: 'and learner.robust "median" both say how models are combined: leave one out'
    },
    { learner: { merge: 'mean:own=0.5', robust: 'median' }, says: 'leave one out' },
    {
      learner: { name: 'modest', merge: 'mean:own=0.5' },
      says: '"mean:own=0.5" has own=, a weight for the own model: leave it out; whoever aggregates with modest has no model'
    },
    { learner: { name: 'fedavg', merge: 'aligned:own=0.5' }, says: 'leave it out' },
    { learner: { name: 'modest', merge: 'variance-corrected:target=self' }, says: 'write target=others' },
    { learner: { name: 'fedavg', merge: 'variance-corrected:target=conservative' }, says: 'write target=others' },
    { learner: { name: 'fedavg', merge: 'fisher' }, says: 'has favour=own, which keeps own values: write favour=none' },
    { learner: { name: 'modest', merge: 'fisher:favour=none:own=0.2' }, says: 'leave it out' }
  ])('$learner', async ({ learner, says }) => {
    const refused = (async () => check({ learner }))()
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(says)
    })
  })

  test('exact labels of a model with too many, by how many', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'starling-text-')), 'text.txt')
    onTestFinished(() => rmSync(dirname(file), { recursive: true }))
    writeFileSync(file, 'the quick brown fox jumps over the lazy dog. '.repeat(400))
    const data = { set: `text:${file}`, nodes: 2, partition: 'iid' }
    const job = { data, model: { name: 'gpt' }, learner: { merge: 'fisher' } }
    await expect(check(job)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(
        /^learner\.merge: "fisher" takes too long with exact labels: gpt has \d+ positions .* use sampled labels, fisher:labels=sampled$/
      )
    })
    await expect(check({ ...job, learner: { merge: 'fisher:labels=sampled' } })).resolves.toBeUndefined()
  })

  test('a model that aligned does not understand, by the tensor', async () => {
    const refused = check({ model: { name: 'lenet' }, learner: { merge: 'aligned' } })
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(/^learner\.merge: merge aligned: tensor ".*" .* use mean or variance-corrected/)
    })
  })
})
