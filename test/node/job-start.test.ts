import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { swarmJob } from '../../src/cli/swarm/job-flags.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { checkJob } from '../../src/node/check-job.ts'
import { canonicalJob, type Job, jobId, resolveJob } from '../../src/node/job.ts'
import { readJob } from '../../src/node/job-file.ts'
import { idleTrainers } from '../../src/node/simulation/idle-trainers.ts'
import { openStatelessTrainer, openTrainer } from '../../src/node/training.ts'
import { writeWeights } from '../../src/node/weights.ts'
import { layoutOf } from '../../src/train/models/model.ts'
import { createModel } from '../../src/train/models/registry.ts'

import { startEngine, writeBlobs } from '../train/engine/blobs.ts'

const MODEL = { name: 'mlp', hidden: [8] } as const
const HASH = 'a'.repeat(64)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'starling-job-start-'))
  onTestFinished(() => rmSync(path, { recursive: true }))

  return path
}

/** A model of the blobs, all `value`, in a file. */
async function writeModel(path: string, value: number): Promise<Float32Array> {
  const layout = layoutOf(createModel(MODEL, { shape: [4], type: 'float32', classes: 3 }))
  const params = new Float32Array(layout.dim).fill(value)
  await writeWeights(path, layout, params)

  return params
}

/** A job file that begins with the model at `start`. */
async function jobFrom(start: unknown, { data = writeBlobs() } = {}): Promise<Job> {
  const path = join(folder(), 'job.yaml')
  await writeFile(path, stringify({ model: MODEL, start, data: { set: `csv:${data}`, nodes: 2 } }))

  return readJob(path)
}

describe('the start of a job', () => {
  test('is part of its id by content, not by path', async () => {
    const [here, data] = [folder(), writeBlobs()]
    const [one, copy, other] = ['one', 'copy', 'other'].map((name) => join(here, name)) as [string, string, string]
    await writeModel(one, 0.5)
    await copyFile(one, copy)
    await writeModel(other, 0.25)
    const [a, b, c] = [
      await jobFrom(`file:${one}`, { data }),
      await jobFrom(`file:${copy}`, { data }),
      await jobFrom(`file:${other}`, { data })
    ]

    expect(jobId(b)).toBe(jobId(a))
    expect(canonicalJob(a)).not.toContain(here)
    expect(canonicalJob(a)).toContain(
      createHash('sha256')
        .update(await readFile(one))
        .digest('hex')
    )
    const plain = { ...a, start: 'common' } as const
    expect(new Set([a, c, plain, { ...plain, start: 'independent' } as const].map(jobId)).size).toBe(4)
  })

  test('opens trainers of both kinds on the numbers of the file', async () => {
    const [engine, path] = [await startEngine(), join(folder(), 'w')]
    const params = await writeModel(path, 0.5)
    const job = await jobFrom(`file:${path}`)
    await checkJob(job)
    const share = { kind: 'slice', index: 1 } as const
    const live = await openTrainer(engine, { job, share, vectors: new VectorHeap() })
    const stateless = await openStatelessTrainer(engine, { job, share })
    const first = new Float32Array(params.length)
    await stateless.initialise(first)

    expect([...live.params]).toEqual([...params])
    expect(first).toEqual(params)
  })

  test('is refused when the file is not the one that the job names', async () => {
    const [engine, path] = [await startEngine(), join(folder(), 'w')]
    await writeModel(path, 0.5)
    const pinned = await jobFrom({ sha256: HASH, file: path })
    const hash = { code: 'ERR_WEIGHTS_HASH' }
    await expect(checkJob(pinned)).rejects.toMatchObject(hash)
    const init = { job: pinned, share: { kind: 'all' }, vectors: new VectorHeap() } as const
    await expect(openTrainer(engine, init)).rejects.toMatchObject(hash)

    const job = await jobFrom(`file:${path}`)
    await writeModel(path, 0.25)
    await expect(checkJob(job)).rejects.toMatchObject(hash)
  })

  test('is refused without a file, or with one of another model', async () => {
    const path = join(folder(), 'w')
    await expect(jobFrom(`file:${path}`)).rejects.toMatchObject({ code: 'ERR_WEIGHTS_UNREADABLE' })
    await expect(checkJob(await jobFrom({ sha256: HASH }))).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(HASH)
    })
    await writeModel(path, 0.5)
    const wider = { ...(await jobFrom(`file:${path}`)), model: { name: 'mlp' as const, hidden: [9] } }
    await expect(checkJob(wider)).rejects.toMatchObject({ code: 'ERR_WEIGHTS_SHAPE' })
  })

  test('survives the way to a node of a swarm: written out, and read again', async () => {
    const path = join(folder(), 'w')
    await writeModel(path, 0.5)
    const data = `csv:${writeBlobs()}`
    const job = await swarmJob(undefined, { start: `file:${path}`, trainable: 'head', data, model: 'mlp' })
    const written = join(folder(), 'job.yaml')
    await writeFile(written, stringify(job))
    expect(await readJob(written)).toEqual(job)
    expect(job).toMatchObject({ trainable: 'head', start: { file: path } })

    // the flag is stronger than the file
    expect((await swarmJob(written, { start: 'common' })).start).toBe('common')
    expect((await swarmJob(written, {})).start).toEqual(job.start)
  })

  test.each([
    { id: 'an unknown word', input: { start: 'pretrained' }, says: 'start: expected common' },
    { id: 'a path that nobody hashed', input: { start: 'file:x' }, says: 'start: expected common' },
    { id: 'no hash', input: { start: { sha256: 'abc' } }, says: 'start.sha256: expected 64 hex digits' },
    { id: 'a misspelt key', input: { strat: 'common' }, says: 'did you mean "start"' },
    { id: 'no such part', input: { trainable: 'tail' }, says: 'trainable' },
    { id: 'heads of different extractors', input: { start: 'independent', trainable: 'head' }, says: 'one extractor' }
  ])('is refused: $id', ({ input, says }) => {
    expect(() => resolveJob(input, 'job.yaml')).toThrowError(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(says) })
    )
  })
})

describe('independent starts of a job', () => {
  test('differ between nodes, those with data of their own included', async () => {
    const engine = await startEngine()
    const [vectors, set] = [new VectorHeap(), `csv:${writeBlobs()}`]
    const job = resolveJob({ model: MODEL, start: 'independent', data: { set, nodes: 2 } }, 'a test')
    const open = async (share: { kind: 'slice'; index: number } | { kind: 'own'; set: string }, self: string) =>
      (await openTrainer(engine, { job, share, self, vectors })).params.join()
    const starts = [
      await open({ kind: 'slice', index: 0 }, 'a'),
      await open({ kind: 'slice', index: 1 }, 'a'),
      await open({ kind: 'own', set }, 'a'),
      await open({ kind: 'own', set }, 'b')
    ]

    expect(new Set(starts).size).toBe(4)
    expect(await open({ kind: 'slice', index: 1 }, 'another name')).toBe(starts[1])
  })
})

describe('a job that trains the head', () => {
  test('has the same small model in real and in idle trainers', async () => {
    const engine = await startEngine()
    const data = { set: `csv:${writeBlobs()}`, nodes: 2 }
    const job = resolveJob({ model: MODEL, trainable: 'head', data }, 'a test')
    await checkJob(job)
    const { layout } = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })
    const idle = await (await idleTrainers(job)).open(0)

    expect(layout.dim).toBe(8 * 3 + 3)
    expect(idle.training.trainer.layout).toEqual(layout)
    expect(jobId(job)).not.toBe(jobId({ ...job, trainable: 'all' }))
  })
})
