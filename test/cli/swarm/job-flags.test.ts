import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { swarmJob } from '../../../src/cli/swarm/job-flags.ts'

async function jobFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'job.yaml')
  await writeFile(path, text)

  return path
}

test('flags go over the file, and what neither says has a default', async () => {
  const path = await jobFile('budget: { rounds: 7 }\ndata: { nodes: 3 }')
  const job = await swarmJob(path, { nodes: 5, topology: 'ring' })

  expect(job.budget).toEqual({ rounds: 7 })
  expect(job.data).toMatchObject({ nodes: 5, partition: 'iid' })
  expect(job.learner).toMatchObject({ topology: 'ring', localSteps: 10 })
})

test.each(['budget: 60', 'data: 5', 'learner: []', '- nodes'])('%s is refused, not overlooked', async (text) => {
  await expect(swarmJob(await jobFile(text), {})).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
})

test('a flag that the learner has no use for is refused by name, with the learners that have', async () => {
  await expect(swarmJob(undefined, { learner: 'modest', topology: 'ring' })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: '--topology: the learner modest has none; leave it out, or take --learner gossip or dpsgd'
  })
  // of a learner named in the file
  const path = await jobFile('learner: { name: fedavg }\ndata: { nodes: 3 }')
  await expect(swarmJob(path, { aggregators: 2 })).rejects.toMatchObject({
    message: expect.stringContaining('--aggregators: the learner fedavg has none')
  })
})

test('options of a sampling learner reach the job', async () => {
  const job = await swarmJob(undefined, { learner: 'modest', sample: 4, aggregators: 2, successFraction: 0.7 })

  expect(job.learner).toMatchObject({ name: 'modest', sample: 4, aggregators: 2, successFraction: 0.7 })
})

test('how models are combined: a policy reaches the job, any learner', async () => {
  const merge = 'fisher:favour=none:examples=8'
  for (const learner of ['gossip', 'dpsgd', 'modest', 'fedavg']) {
    expect((await swarmJob(undefined, { learner, merge })).learner).toMatchObject({ name: learner, merge })
  }
})

test('options of projections reach the job, and a swarm of them ends by itself', async () => {
  const pool = { size: 64, choice: 'weighted' } as const
  const job = await swarmJob(undefined, { learner: 'spsa', epsilon: 0.01, pool, trim: 1 })

  expect(job.learner).toMatchObject({ name: 'spsa', queries: 1, epsilon: 0.01, pool, trim: 1 })
  expect(job.budget).toEqual({ rounds: 1500 })
  expect((await swarmJob(undefined, { learner: 'spsa', seconds: 30 })).budget).toEqual({ seconds: 30 })
})

test.each([
  ['topology', 'ring'],
  ['localSteps', 5],
  ['merge', 'mean'],
  ['robust', 'median'],
  ['filter', 'bristle'],
  ['sample', 4]
])('without models there is no use for %s', async (flag, value) => {
  await expect(swarmJob(undefined, { learner: 'spsa', [flag]: value })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringMatching(
      /^--[a-z-]+: the learner spsa has none; leave it out, or take --learner (gossip|modest)/
    )
  })
})

test.each(['queries', 'epsilon', 'trim'])('without projections there is no use for %s', async (flag) => {
  await expect(swarmJob(undefined, { learner: 'gossip', [flag]: 1 })).rejects.toMatchObject({
    message: `--${flag}: the learner gossip has none; leave it out, or take --learner spsa`
  })
})

test.each([
  { robust: 'nnm,trimmed-mean', byzantine: ['2:alie'], expected: 'nnm:f=2,trimmed-mean:f=2' },
  { robust: 'krum', byzantine: ['2:alie', '1:nan'], expected: 'krum:f=3' },
  { robust: 'nnm,trimmed-mean:f=1', byzantine: ['2:alie'], expected: 'nnm,trimmed-mean:f=1' },
  { robust: 'median', byzantine: ['2:alie'], expected: 'median' }
])('$robust against $byzantine is $expected', async ({ expected, ...flags }) => {
  expect((await swarmJob(undefined, flags)).learner).toMatchObject({ robust: expected })
})

test('without attackers a rule that needs an f says so, and what to write', async () => {
  await expect(swarmJob(undefined, { robust: 'nnm,trimmed-mean' })).rejects.toThrow(/nnm needs f .*: write f=N/)
})
