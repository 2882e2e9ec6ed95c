import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { CodedError } from '../../src/interface/errors.ts'
import type { LearnerState, Rest } from '../../src/interface/rest.ts'
import { Checkpoints } from '../../src/node/checkpoints.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import type { Checkpoint } from '../../src/store/checkpoint/checkpoint.ts'
import { CheckpointFolder, checkpointFolder } from '../../src/store/checkpoint/folder.ts'
import { readCheckpoint } from '../../src/store/checkpoint/read.ts'
import { JOB_ID, newFolder, sample } from '../store/checkpoint/sample.ts'

const EVERY_MS = 60_000

async function setUp() {
  const events: NodeEvent[] = []
  const warnings: string[] = []
  const time = { nowMs: 0 }
  const folder = new SlowFolder(checkpointFolder(await newFolder(), JOB_ID), { keep: 3 })
  const checkpoints = new Checkpoints(
    {
      clock: { now: () => time.nowMs, sleep: () => Promise.reject(new Error('it never sleeps')) },
      folder,
      emit: (event) => events.push(event),
      log: (level, message) => level === 'warn' && warnings.push(message)
    },
    { origin: sample().origin, everyMs: EVERY_MS }
  )
  const params = Float32Array.of(1, 2)
  const rest = (round: number, more: Partial<Rest> = {}): Rest => ({
    round,
    steps: 10 * round,
    isLast: false,
    state: (): LearnerState => ({ round, steps: 10 * round, elapsedMs: 0, vectors: { params }, data: { round } }),
    ...more
  })

  return { checkpoints, folder, events, warnings, time, params, rest, visit: (r: Rest) => checkpoints.visit(r, {}) }
}

/** Writes when it is let. */
class SlowFolder extends CheckpointFolder {
  gate: Promise<void> | undefined

  override async write(checkpoint: Checkpoint) {
    await this.gate

    return super.write(checkpoint)
  }
}

const namesOf = (events: readonly NodeEvent[]): string[] => events.map(({ event }) => event)

test('writes when the time has come, and not before', async () => {
  const { checkpoints, folder, events, time, visit, rest } = await setUp()
  for (const [round, nowMs] of [0, 30_000, 59_999, 60_000, 61_000, 119_000, 120_001].entries()) {
    time.nowMs = nowMs
    await visit(rest(round))
    await checkpoints.stop()
  }

  expect((await folder.list()).map(({ round }) => round)).toEqual([6, 3])
  expect(events).toEqual([
    expect.objectContaining({ event: 'checkpoint:saved', round: 3, steps: 30, isLast: false }),
    expect.objectContaining({ event: 'checkpoint:saved', round: 6, steps: 60, isLast: false })
  ])
  expect(checkpoints.newest).toMatchObject({ round: 6 })
})

test('a rest is over before the checkpoint is written, which has what was there then', async () => {
  const { checkpoints, folder, time, params, visit, rest } = await setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  folder.gate = promise
  time.nowMs = EVERY_MS
  await visit(rest(1))
  params.fill(9) // the learner goes on
  time.nowMs = 10 * EVERY_MS
  await visit(rest(2)) // never two at a time
  resolve()
  await checkpoints.stop()

  const files = await folder.list()
  expect(files.map(({ round }) => round)).toEqual([1])
  expect((await readCheckpoint(files[0]!.path)).state.vectors).toEqual({ params: Float32Array.of(1, 2) })
})

test('the last rest is kept whatever the time, after what is being written', async () => {
  const { folder, events, time, visit, rest } = await setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  folder.gate = promise
  time.nowMs = EVERY_MS
  await visit(rest(1))
  const last = visit(rest(2, { isLast: true }))
  resolve()
  await last

  expect(events).toMatchObject([{ round: 1 }, { round: 2, isLast: true }])
  expect((await folder.list()).map(({ round }) => round)).toEqual([2, 1])
})

test('a last rest that is over before its turn comes is not kept: its memory is no longer its own', async () => {
  const { checkpoints, folder, events, warnings, time, visit, rest } = await setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  folder.gate = promise
  time.nowMs = EVERY_MS
  await visit(rest(1))
  const late = new AbortController()
  const last = checkpoints.visit(rest(2, { isLast: true }), { signal: late.signal })
  const asked = checkpoints.keep(rest(2), { signal: late.signal })
  late.abort(new CodedError('ERR_WAIT_TIMEOUT', 'gave up waiting'))
  resolve()
  await last
  await expect(asked).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_UNWRITABLE' })

  expect((await folder.list()).map(({ round }) => round)).toEqual([1])
  expect(events).toMatchObject([
    { event: 'checkpoint:saved' },
    { event: 'checkpoint:failed', round: 2, remedy: 'gave up waiting' }
  ])
  expect(warnings[0]).toMatch(/no checkpoint of round 2: .*lost/)
})

test('a stop waits for the last one too, which waited for another', async () => {
  const { checkpoints, folder, events, time, visit, rest } = await setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  folder.gate = promise
  time.nowMs = EVERY_MS
  await visit(rest(1))
  const last = visit(rest(2, { isLast: true }))
  const asked = checkpoints.keep(rest(3))
  const stopped = checkpoints.stop()
  resolve()
  await stopped

  expect(events).toMatchObject([{ round: 1 }, { round: 2, isLast: true }, { round: 3 }])
  await Promise.all([last, asked])
})

test('when the disk fails the operator is told, training goes on, and the next one is tried', async () => {
  const { checkpoints, folder, events, warnings, time, visit, rest } = await setUp()
  await mkdir(dirname(folder.path), { recursive: true })
  await writeFile(folder.path, 'a file in the place of the folder')
  for (const round of [1, 2]) {
    time.nowMs += EVERY_MS
    await visit(rest(round))
    await checkpoints.stop()
  }
  await visit(rest(3, { isLast: true }))
  expect(namesOf(events)).toEqual(['checkpoint:failed', 'checkpoint:failed', 'checkpoint:failed'])
  expect(events[0]).toMatchObject({
    code: 'ERR_CHECKPOINT_UNWRITABLE',
    round: 1,
    path: folder.path,
    remedy: expect.stringMatching(/file, not a directory|exists already/)
  })
  expect(warnings[0]).toMatch(/no checkpoint of round 1: .*; training goes on, and the next one is tried/)
  await expect(checkpoints.keep(rest(4))).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_UNWRITABLE' })

  await rm(folder.path)
  time.nowMs += EVERY_MS
  await visit(rest(5))
  await checkpoints.stop()
  expect(namesOf(events).at(-1)).toBe('checkpoint:saved')
})

test('a state that can not be had is told of too', async () => {
  const { checkpoints, events, time, visit, rest } = await setUp()
  time.nowMs = EVERY_MS
  const state = (): never => {
    throw new TypeError('a mistake')
  }
  await visit(rest(1, { state }))
  await checkpoints.stop()

  expect(events).toMatchObject([{ event: 'checkpoint:failed', code: 'ERR_CHECKPOINT_UNWRITABLE' }])
})

test('one is written when asked for', async () => {
  const { checkpoints, folder, rest } = await setUp()
  const saved = await checkpoints.keep(rest(7))

  expect(saved).toMatchObject({ round: 7, path: (await folder.list())[0]!.path })
})
