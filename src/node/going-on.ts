import { CheckpointError } from '../interface/checkpoint-error.ts'
import type { Log } from '../interface/log.ts'
import type { LearnerState } from '../interface/rest.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { type Budget, progressOf } from '../learners/budget.ts'
import type { Checkpoint } from '../store/checkpoint/checkpoint.ts'
import type { CheckpointFile, CheckpointFolder } from '../store/checkpoint/folder.ts'
import { readCheckpoint } from '../store/checkpoint/read.ts'
import type { NodeEventSink } from './events.ts'

/** What a node begins with: the newest good checkpoint of its job, none, or a certain one. */
export type ResumeChoice = 'auto' | 'never' | { readonly path: string }

export interface GoingOnInit {
  choice: ResumeChoice
  /** Where checkpoints of the job are. */
  folder: CheckpointFolder
  jobId: string
  budget: Budget
  emit: NodeEventSink
  log: Log
}

/** The codes of files that are there, and may be good: this process can't read them, though another may. */
const UNREADABLE: readonly string[] = ['ERR_CHECKPOINT_UNREADABLE', 'ERR_CHECKPOINT_NONE', 'ERR_CHECKPOINT_VERSION']

/**
 * Makes something that can go on from a checkpoint. With `auto`, one that can't be used is told of and put aside, and the
 * one before it is tried; when none is left, it begins afresh.
 *
 * @param create - throws a {@link CheckpointError} for a state that it can't go on from
 * @throws {CheckpointError} ERR_CHECKPOINT_* for a certain one that can't be used
 */
export async function goOn<T>(init: GoingOnInit, create: (state?: LearnerState) => T): Promise<T> {
  const { choice, folder, jobId } = init
  if (choice === 'never') return create()
  if (choice !== 'auto') {
    const checkpoint = await readCheckpoint(choice.path, { jobId })
    const made = create(checkpoint.state)
    tellOfResume(init, choice.path, checkpoint)

    return made
  }
  const files = await listed(init, folder)
  for (const file of files) {
    try {
      const checkpoint = await readCheckpoint(file.path, { jobId })
      const made = create(checkpoint.state)
      tellOfResume(init, file.path, checkpoint)

      return made
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      await refuse(init, file, error)
    }
  }

  if (files.length > 0) init.log('warn', 'no checkpoint can be gone on from: this node begins afresh', {})

  return create()
}

async function listed(init: GoingOnInit, folder: CheckpointFolder): Promise<CheckpointFile[]> {
  try {
    return await folder.list()
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    tellOfRefusal(init, folder.path, error)

    return []
  }
}

async function refuse(init: GoingOnInit, file: CheckpointFile, error: CheckpointError): Promise<void> {
  const { folder, log } = init
  if (UNREADABLE.includes(error.code)) {
    folder.spare(file)
    tellOfRefusal(init, file.path, error)
    return
  }
  const aside = await folder.setAside(file).catch((cause: unknown) => {
    const remedy = describeSystemError(cause)
    log('warn', `a checkpoint that can't be used can't be put aside either: ${remedy}`, { path: file.path })

    return undefined
  })
  tellOfRefusal(init, file.path, error, aside)
}

function tellOfRefusal(
  { emit, log }: GoingOnInit,
  path: string,
  { code, message }: CheckpointError,
  aside?: string
): void {
  log('warn', `no going on from ${message}${aside === undefined ? '' : `; kept as ${aside}`}`, { code })
  emit({ event: 'checkpoint:refused', path, code, reason: message, ...(aside === undefined ? {} : { aside }) })
}

function tellOfResume({ emit, budget }: GoingOnInit, path: string, { savedAt, state }: Checkpoint): void {
  const { round, steps, elapsedMs } = state
  const isSpent = progressOf(budget, round, elapsedMs) >= 1
  emit({ event: 'node:resumed', path, round, steps, savedAt, isSpent })
}
