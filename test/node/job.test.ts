import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { swarmJob } from '../../src/cli/swarm/job-flags.ts'
import { chooseShare } from '../../src/node/data-share.ts'
import { canonicalJob, jobId, resolveJob } from '../../src/node/job.ts'
import { readJob } from '../../src/node/job-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'starling-job-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('resolveJob', () => {
  test('the id depends on what is meant, not on how it is written', () => {
    const a = resolveJob({ seed: 1, learner: { topology: 'regular:4' } }, 'a')
    const b = resolveJob({ learner: {}, model: { name: 'mlp' } }, 'b')
    expect(jobId(a)).toBe(jobId(b))
    expect(jobId(resolveJob({ seed: 2 }, 'c'))).not.toBe(jobId(a))
    expect(
      resolveJob(
        JSON.parse(canonicalJob(a), (key, value) => (key === 'starling' ? undefined : value)),
        'd'
      )
    ).toEqual(a)
  })

  test.each([
    {
      id: 'unknown key',
      input: { learner: { topolgy: 'ring' } },
      expected: 'job.yaml: unknown key "learner.topolgy", did you mean "topology"?'
    },
    { id: 'seed', input: { seed: -1 }, expected: 'job.yaml: seed: -1: expected at least 0' },
    {
      id: 'model',
      input: { model: { name: 'cnn' } },
      expected: 'job.yaml: model.name: cnn: expected one of linear, mlp, lenet, resnet8, gpt'
    },
    {
      id: 'topology',
      input: { learner: { topology: 'star' } },
      expected: 'learner.topology: topology "star": expected ring'
    },
    { id: 'type', input: { batchSize: '32' }, expected: 'job.yaml: batchSize: 32: expected a number, without quotes' },
    {
      id: 'no object',
      input: [1],
      expected: 'job.yaml: the job: a list: expected keys of its own, such as name, seed, model'
    },
    {
      id: 'key of another learner',
      input: { learner: { name: 'gossip', sample: 4 } },
      expected: 'job.yaml: unknown key "learner.sample": gossip has none, modest, fedavg have'
    },
    {
      id: 'key of another place',
      input: { rounds: 4 },
      expected: 'job.yaml: unknown key "rounds": it belongs elsewhere: budget.rounds'
    },
    {
      id: 'a value where keys belong',
      input: { learningRate: 0.1 },
      expected: 'job.yaml: learningRate: 0.1: expected keys of its own, such as peak, schedule'
    },
    {
      id: 'a misspelt learner',
      input: { learner: { name: 'modst' } },
      expected: 'did you mean modest?'
    },
    {
      id: 'data',
      input: { data: { set: 'mnits' } },
      expected: 'job.yaml: data.set: unknown data "mnits", did you mean'
    },
    {
      id: 'partition',
      input: { data: { partition: 'clases:2' } },
      expected: 'job.yaml: data.partition: partition "clases:2": expected iid'
    }
  ])('$id: says where and what', ({ input, expected }) => {
    expect(() => resolveJob(input, 'job.yaml')).toThrowError(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(expected) })
    )
  })

  test('without a budget to follow, the step size stays what it is', () => {
    const scheduleOf = (input: object) => resolveJob(input, 'job.yaml').learningRate.schedule
    expect(scheduleOf({})).toBe('constant')
    expect(scheduleOf({ learningRate: { peak: 0.1 } })).toBe('constant')
    expect(scheduleOf({ budget: { rounds: 10 } })).toBe('cosine')
    expect(scheduleOf({ budget: { seconds: 10 } })).toBe('cosine')
    expect(scheduleOf({ budget: { seconds: 10 }, learningRate: { schedule: 'constant' } })).toBe('constant')
    expect(scheduleOf({ learningRate: { schedule: 'cosine' } })).toBe('cosine')
  })

  test('reports all mistakes at once', () => {
    try {
      resolveJob({ seed: -1, batchSize: 0 }, 'x')
      expect.unreachable()
    } catch (error) {
      expect((error as Error).message.split('\n')).toHaveLength(2)
    }
  })
})

describe('readJob', () => {
  test.each([
    { id: 'absent', path: 'nope.yaml', expected: { code: 'ERR_JOB_UNREADABLE' } },
    { id: 'a folder', path: '.', expected: { code: 'ERR_JOB_UNREADABLE' } },
    {
      id: 'not YAML',
      path: 'bad.yaml',
      expected: { code: 'ERR_CONFIG_INVALID', message: expect.stringContaining('bad.yaml:2: not YAML') }
    },
    { id: 'huge', path: 'huge.yaml', expected: { code: 'ERR_CONFIG_INVALID' } }
  ])('$id', async ({ path, expected }) => {
    await writeFile(join(folder, 'bad.yaml'), 'seed: [1, 2\nmodel: {')
    await writeFile(join(folder, 'huge.yaml'), '#'.repeat(70_000))
    await expect(readJob(join(folder, path))).rejects.toMatchObject(expected)
  })

  test('an empty file is the default job', async () => {
    await writeFile(join(folder, 'empty.yaml'), '')
    expect(await readJob(join(folder, 'empty.yaml'))).toEqual(resolveJob({}, 'x'))
  })
})

describe('swarmJob', () => {
  test('flags over file over the defaults of a swarm', async () => {
    const path = join(folder, 'job.yaml')
    await writeFile(path, 'seed: 7\ndata: { partition: iid, nodes: 3 }\nbudget: { seconds: 5 }\n')
    expect(await swarmJob(path, { nodes: 4 })).toMatchObject({
      seed: 7,
      data: { partition: 'iid', nodes: 4 },
      budget: { seconds: 5 }
    })
    expect((await swarmJob(undefined, {})).data).toMatchObject({ set: 'glyphs', partition: 'classes:2', nodes: 8 })
    expect((await swarmJob(undefined, { seconds: 9 })).budget).toEqual({ seconds: 9 })
    expect((await swarmJob(undefined, { model: 'lenet' })).model).toEqual({ name: 'lenet' })
  })

  test('a wrong flag is named', async () => {
    await expect(swarmJob(undefined, { model: 'lenett' })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
    await expect(swarmJob(undefined, { learner: 'diloco' })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
  })
})

describe('chooseShare', () => {
  const job = resolveJob({ data: { nodes: 4 } }, 'x')

  test('a slice, own data, or the slice that the identity points to', () => {
    expect(chooseShare(job, 'a', { slice: 3 })).toEqual({ kind: 'slice', index: 3 })
    expect(chooseShare(job, 'a', { own: 'csv:x' })).toEqual({ kind: 'own', set: 'csv:x' })
    expect(chooseShare(job, 'a', {})).toEqual(chooseShare(job, 'a', {}))
    expect(
      new Set(['a', 'b', 'c', 'd', 'e', 'f'].map((self) => JSON.stringify(chooseShare(job, self, {})))).size
    ).toBeGreaterThan(1)
    expect(chooseShare(resolveJob({}, 'x'), 'a', {})).toEqual({ kind: 'all' })
  })

  test('refuses what cannot be', () => {
    expect(() => chooseShare(job, 'a', { slice: 4 })).toThrow('4 slices, 0 to 3')
    expect(() => chooseShare(job, 'a', { slice: 1, own: 'glyphs' })).toThrow('exclude')
  })
})
