import { expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { checkJob } from '../../src/node/check-job.ts'
import { type ModelJob, resolveJob } from '../../src/node/job.ts'
import { robustRule } from '../../src/node/robust-rule.ts'

const data = { set: 'glyphs', nodes: 8 }

function check(learner: Record<string, unknown>): Promise<void> {
  return checkJob(resolveJob({ data, learner }, 'job.yaml'))
}

test.each([
  { name: 'gossip', robust: 'nnm,trimmed-mean:f=1' },
  { name: 'gossip', robust: 'monna:f=2', topology: 'full' },
  { name: 'dpsgd', robust: 'median' },
  { name: 'gossip', robust: 'mozi' },
  { name: 'dpsgd', robust: 'centered-clipping:tau=1:start=last' },
  { name: 'fedavg', robust: 'centered-clipping:tau=1:start=last' },
  { name: 'modest', robust: 'krum:f=2' },
  { name: 'fedavg', robust: 'geometric-median', sample: 4, fallback: 'mean' }
])('$name with $robust is a job', async (learner) => {
  await check(learner)
})

test.each([
  { learner: { robust: 'nnm,trimmed-mena:f=1' }, says: 'trimmed-mean' },
  { learner: { robust: 'trimmed-mean:g=1' }, says: 'g' },
  { learner: { robust: 'trimmed-mean:f=3' }, says: 'needs 7 updates in a round, and there are at most 5' },
  { learner: { robust: 'bulyan:f=2', topology: 'full' }, says: 'needs 11 updates' },
  { learner: { name: 'modest', robust: 'trimmed-mean:f=2', sample: 4 }, says: 'raise learner.sample or lower f' },
  { learner: { name: 'modest', robust: 'monna:f=1' }, says: 'whoever aggregates with modest has none' },
  { learner: { name: 'fedavg', robust: 'mozi' }, says: 'measures losses on local examples' },
  {
    learner: { name: 'modest', robust: 'centered-clipping:tau=1:start=last' },
    says: 'with modest another node aggregates each round: write start=origin'
  },
  { learner: { name: 'fedavg', robust: 'self-centered-clipping:tau=1' }, says: 'own model' },
  { learner: { robust: 'median', fallback: 'panic' }, says: 'fallback' }
])('refuses $learner, and says what is wrong', async ({ learner, says }) => {
  const checked = (async () => check(learner))()
  await expect(checked).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
  await expect(checked).rejects.toThrow(says)
})

test('who is drawn together is the secret of each node, not of the job', () => {
  const job = resolveJob({ data, learner: { robust: 'bucketing:s=2,median' } }, 'job.yaml') as ModelJob
  const models = Array.from({ length: 8 }, (_, i) => Float32Array.of(2 ** i))
  const draws = (node: string): number[] => {
    const { robust } = robustRule(job, { vectors: new VectorHeap(), rng: createRng(1, node) })

    return Array.from({ length: 4 }, () => {
      const out = new Float32Array(1)
      robust!.aggregateInto(out, models)
      return out[0]!
    })
  }
  expect(draws('a')).toEqual(draws('a'))
  expect(draws('a')).not.toEqual(draws('b'))
})
