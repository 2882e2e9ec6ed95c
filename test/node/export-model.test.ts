import { mkdtempSync, rmSync } from 'node:fs'
import { truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { evaluateModel } from '../../src/node/evaluate-model.ts'
import { exportModel } from '../../src/node/export-model.ts'
import { canonicalJob, type Job, type JobInput, jobId, resolveJob } from '../../src/node/job.ts'
import { findCheckpoint } from '../../src/node/kept-checkpoint.ts'
import { modelOf } from '../../src/node/kept-model.ts'
import { openTrainer } from '../../src/node/training.ts'
import type { Checkpoint } from '../../src/store/checkpoint/checkpoint.ts'
import { CheckpointFolder, checkpointFolder } from '../../src/store/checkpoint/folder.ts'
import { loadData } from '../../src/train/data/load.ts'
import type { EngineTrainer } from '../../src/train/engine/trainer.ts'
import { readWeights } from '../../src/train/weights-file.ts'
import { startEngine, writeBlobs } from '../train/engine/blobs.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return folder
}

const jobOf = (input: JobInput = {}): Job =>
  resolveJob({ model: { name: 'mlp', hidden: [16] }, data: { set: `csv:${writeBlobs()}` }, ...input }, 'test')

/** A model of the job, trained a little, and the checkpoint that a node would have of it. */
async function trained(job: Job): Promise<{ trainer: EngineTrainer; checkpoint: Checkpoint; dataDir: string }> {
  const engine = await startEngine()
  const trainer = await openTrainer(engine, { job, share: { kind: 'all' }, vectors: new VectorHeap() })
  await trainer.train(60, { learningRate: 0.05 })
  const { example, params } = trainer
  const checkpoint: Checkpoint = {
    origin: { job: canonicalJob(job), peer: 'ann', program: '0.1.0', example },
    savedAt: '2026-11-20T15:45:00.000Z',
    state: { round: 6, steps: 60, elapsedMs: 1, vectors: { params }, data: null }
  }
  const dataDir = newFolder()
  await new CheckpointFolder(checkpointFolder(dataDir, jobId(job)), { keep: 3 }).write(checkpoint)

  return { trainer, checkpoint, dataDir }
}

/** Accuracy and mean loss of an ONNX file on a job's test set, by nothing but onnxruntime. */
async function evaluateOnnx(path: string, job: Job, batchSize: number) {
  const { test: set } = await loadData(job.data.set, { seed: job.seed, env: process.env, cwd: process.cwd() })
  const session = await InferenceSession.create(path)
  const width = set.shape.reduce((product, extent) => product * extent, 1)
  const [x, label] = [new Float32Array(batchSize * width), new Int32Array(1)]
  let [correct, loss] = [0, 0]
  for (let i = 0; i < set.count; i += batchSize) {
    for (let row = 0; row < batchSize; row++) set.readInto((i + row) % set.count, x, row * width)
    const { probabilities } = await session.run({ x: new Tensor('float32', x, [batchSize, ...set.shape]) })
    for (let row = 0; row < batchSize && i + row < set.count; row++) {
      set.readTargetInto(i + row, label, 0)
      const own = [...(probabilities!.data as Float32Array).subarray(row * set.classes, (row + 1) * set.classes)]
      if (own.indexOf(Math.max(...own)) === label[0]) correct++
      loss -= Math.log(own[label[0]!]!)
    }
  }
  await session.release()

  return { accuracy: correct / set.count, loss: loss / set.count }
}

describe('an exported model', () => {
  test.each([1, 7])('is in ONNX as good as the trained one, %i examples at a time', async (batchSize) => {
    const job = jobOf()
    const { trainer, checkpoint } = await trained(job)
    const path = join(newFolder(), 'model.onnx')
    await exportModel(await modelOf(checkpoint), { path, format: 'onnx', batchSize })
    const { accuracy, loss } = await trainer.evaluate()

    expect(accuracy).toBeGreaterThan(0.8)
    expect(await evaluateOnnx(path, job, batchSize)).toEqual({ accuracy, loss: expect.closeTo(loss, 5) })
  })

  test('has in safetensors the same bits, and eval says of it what it says of the checkpoint', async () => {
    const job = jobOf()
    const { trainer, checkpoint, dataDir } = await trained(job)
    const kept = await modelOf(checkpoint)
    const path = join(newFolder(), 'model.safetensors')
    await exportModel(kept, { path, format: 'safetensors', batchSize: 1 })
    expect(await readWeights(path, { layout: kept.layout })).toEqual(new Float32Array(trainer.params))
    const { accuracy, loss } = await trainer.evaluate()
    const expected = { accuracy, loss, examples: 60 }

    expect(await evaluateModel({ job, device: 'cpu', dataDir })).toMatchObject({ ...expected, round: 6 })
    expect(await evaluateModel({ job, device: 'cpu', dataDir, weights: path })).toMatchObject({
      ...expected,
      round: null
    })
  })

  test.each([-1, 1])('of which the checkpoint has %i numbers more than the job makes is no model', async (more) => {
    const job = jobOf()
    const { checkpoint, dataDir } = await trained(job)
    const params = new Float32Array(checkpoint.state.vectors.params!.length + more)
    const state = { ...checkpoint.state, vectors: { params } }
    await new CheckpointFolder(checkpointFolder(dataDir, jobId(job)), { keep: 1 }).write({ ...checkpoint, state })
    const evaluated = evaluateModel({ job, device: 'cpu', dataDir })
    await expect(evaluated).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_DIM' })
  })

  test.each([
    { id: 'no JSON', text: '{', code: 'ERR_CHECKPOINT_STATE' },
    { id: 'nothing', text: 'null', code: 'ERR_CHECKPOINT_DIM' },
    { id: 'a list', text: '[1]', code: 'ERR_CONFIG_INVALID' },
    { id: 'a job of no data', text: '{"starling":1,"data":7}', code: 'ERR_CONFIG_INVALID' }
  ])('of a checkpoint whose job is $id: said by its code', async ({ text, code }) => {
    const origin = {
      job: text,
      peer: 'ann',
      program: '0',
      example: { shape: [2], type: 'float32', classes: 2 }
    } as const
    const state = { round: 0, steps: 0, elapsedMs: 0, vectors: { params: new Float32Array(2) }, data: null }
    await expect(modelOf({ origin, savedAt: '', state })).rejects.toMatchObject({ code })
  })

  test('of which the head alone was trained is whole', async () => {
    const job = jobOf({ trainable: 'head' })
    const { trainer, checkpoint } = await trained(job)
    const { params } = await modelOf(checkpoint)

    expect(params).toEqual((await trainer.whole()).params)
    expect(params.length).toBeGreaterThan(trainer.params.length)
  })

  test('whose start was a file wants the file, for what is frozen', async () => {
    const job = jobOf({ trainable: 'head', start: { sha256: 'ab'.repeat(32) } })
    const { checkpoint } = await trained(jobOf({ trainable: 'head' }))
    const other = { ...checkpoint, origin: { ...checkpoint.origin, job: canonicalJob(job) } }

    await expect(modelOf(other)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(/file:PATH/)
    })
  })

  test('must be there, of the right size, and go where there is a folder', async () => {
    const { checkpoint } = await trained(jobOf())
    const { state } = checkpoint
    await expect(modelOf({ ...checkpoint, state: { ...state, vectors: {} } })).rejects.toMatchObject({
      code: 'ERR_CHECKPOINT_NONE'
    })
    const short = { ...checkpoint, state: { ...state, vectors: { params: new Float32Array(3) } } }
    await expect(modelOf(short)).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_DIM' })
    const path = join(newFolder(), 'absent', 'model.onnx')
    await expect(exportModel(await modelOf(checkpoint), { path, format: 'onnx', batchSize: 1 })).rejects.toMatchObject({
      code: 'ERR_EXPORT_UNWRITABLE'
    })
  })
})

describe('the newest checkpoint', () => {
  test('is that of the job asked for, or of any; what is spoilt is passed over and left where it is', async () => {
    const job = jobOf()
    const { dataDir, checkpoint } = await trained(job)
    const later = { ...checkpoint, savedAt: '2026-11-21T15:45:00.000Z' }
    const other = new CheckpointFolder(checkpointFolder(dataDir, 'f'.repeat(64)), { keep: 3 })
    const { path } = await other.write({ ...later, origin: { ...later.origin, job: '{"starling":1,"other":1}' } })
    expect((await findCheckpoint({ dataDir })).path).toBe(path)
    expect((await findCheckpoint({ dataDir, jobId: jobId(job) })).checkpoint.savedAt).toBe(checkpoint.savedAt)

    const own = new CheckpointFolder(checkpointFolder(dataDir, jobId(job)), { keep: 3 })
    const newest = await own.write(later)
    await truncate(newest.path, newest.bytes - 1)
    const found = await findCheckpoint({ dataDir, jobId: jobId(job) })
    expect(found.checkpoint.savedAt).toBe(checkpoint.savedAt)
    expect(found.passed).toMatchObject([{ code: 'ERR_CHECKPOINT_TORN' }])
    expect(await own.list()).toHaveLength(2)
  })

  test('that is nowhere', async () => {
    await expect(findCheckpoint({ dataDir: newFolder() })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_NONE' })
    const { dataDir, checkpoint } = await trained(jobOf())
    const id = 'e'.repeat(64)
    await expect(findCheckpoint({ dataDir, jobId: id })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_NONE' })
    // one of another job, copied there
    await new CheckpointFolder(checkpointFolder(dataDir, id), { keep: 3 }).write(checkpoint)
    await expect(findCheckpoint({ dataDir, jobId: id })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_FOREIGN' })
  })
})
