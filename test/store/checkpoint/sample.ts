import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LearnerState } from '../../../src/interface/rest.ts'
import type { Checkpoint } from '../../../src/store/checkpoint/checkpoint.ts'

export const JOB = '{"starling":1,"name":"test"}'
export const JOB_ID = createHash('sha256').update(JOB).digest('hex')

/** A checkpoint with a vector of each kind, and data as learners have it. */
export function sample(round = 42, state: Partial<LearnerState> = {}): Checkpoint {
  return {
    origin: {
      job: JOB,
      peer: '12D3KooWtest',
      program: '0.1.0',
      example: { shape: [28, 28, 1], type: 'float32', classes: 10 }
    },
    savedAt: '2026-11-20T15:45:00.000Z',
    state: {
      round,
      steps: 10 * round,
      elapsedMs: 1234.5,
      vectors: {
        params: Float32Array.of(1, -2.5, 1e-30, Number.NaN, Number.POSITIVE_INFINITY),
        log: Uint8Array.of(0, 255, 7),
        acc: Int32Array.of(-1, 2 ** 31 - 1)
      },
      data: { evaluated: 3, members: [['ann', -1, 0, 'join']], nothing: null, text: 'ü' },
      ...state
    }
  }
}

/** Removed when the test is over. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-checkpoint-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))

  return folder
}
