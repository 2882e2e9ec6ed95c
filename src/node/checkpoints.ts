import { CheckpointError } from '../interface/checkpoint-error.ts'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { Rest, RestVisitor } from '../interface/rest.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { describeSystemError } from '../interface/system-error.ts'
import type { CheckpointOrigin } from '../store/checkpoint/checkpoint.ts'
import type { CheckpointFolder } from '../store/checkpoint/folder.ts'
import type { NodeEventSink } from './events.ts'
import { Staging } from './staging.ts'

export interface CheckpointsComponents {
  clock: Clock
  folder: CheckpointFolder
  emit: NodeEventSink
  log: Log
}

export interface CheckpointsInit {
  origin: CheckpointOrigin
  /** From one to the next, and from the start to the first. */
  everyMs: number
}

/** A checkpoint on disk. */
export interface SavedCheckpoint {
  readonly path: string
  readonly round: number
  /** ISO 8601. */
  readonly at: string
}

type Outcome = SavedCheckpoint | CodedError

/**
 * Keeps what a learner needs to go on, at its rests: now and then, and last when it stops. At a rest its state is only
 * copied; hashed and written it is while the learner goes on, one at a time. No failure here ends a node: the operator is
 * told, and the next one is tried.
 */
export class Checkpoints {
  readonly #components: CheckpointsComponents
  readonly #init: CheckpointsInit
  readonly #staging = new Staging()
  #dueMs: number
  #writing: Promise<Outcome> | undefined
  #newest: SavedCheckpoint | undefined

  constructor(components: CheckpointsComponents, init: CheckpointsInit) {
    this.#components = components
    this.#init = init
    this.#dueMs = components.clock.now() + init.everyMs
  }

  /** That this process wrote last. */
  get newest(): SavedCheckpoint | undefined {
    return this.#newest
  }

  /** Hand this to the learner's rests. Only the last one is held up until it is written. */
  readonly visit: RestVisitor = async (rest, { signal }) => {
    if (rest.isLast) await this.#inTurn(rest, signal)
    else if (this.#writing === undefined && this.#components.clock.now() >= this.#dueMs) void this.#inTurn(rest, signal)
  }

  /**
   * Writes one of this very rest, whatever the time.
   *
   * @throws {CodedError} ERR_CHECKPOINT_UNWRITABLE, and whatever else is told of it
   */
  async keep(rest: Rest, { signal }: AbortOptions = {}): Promise<SavedCheckpoint> {
    const outcome = await this.#inTurn(rest, signal)
    if (outcome instanceof CodedError) throw outcome

    return outcome
  }

  /** Waits for what is being written, and for what waits for that. */
  async stop(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  /** At once where nothing is being written: then the state is copied at once, and the rest need not wait. */
  #inTurn(rest: Rest, signal: AbortSignal | undefined): Promise<Outcome> {
    const before = this.#writing
    const outcome = before === undefined ? this.#begin(rest) : before.then(() => this.#begin(rest, signal))
    const writing = outcome.finally(() => {
      if (this.#writing === writing) this.#writing = undefined
    })
    this.#writing = writing

    return writing
  }

  async #begin(rest: Rest, signal?: AbortSignal): Promise<Outcome> {
    if (signal?.aborted === true) {
      // the learner has gone on without us: what it shows is no longer this rest's, or no longer its own memory
      const options = { cause: signal.reason }
      const late = new CheckpointError('ERR_CHECKPOINT_UNWRITABLE', 'the one before it took all the time', {}, options)
      return rest.isLast ? this.#tellOfFailure(rest, late) : late
    }
    this.#dueMs = this.#components.clock.now() + this.#init.everyMs

    return this.#write(rest).catch((error: unknown) => this.#tellOfFailure(rest, error))
  }

  async #write(rest: Rest): Promise<SavedCheckpoint> {
    const { clock, folder, emit } = this.#components
    const startedMs = clock.now()
    const state = this.#staging.copy(rest.state())
    const savedAt = new Date().toISOString()
    const { path, bytes, tooMany } = await folder.write({ origin: this.#init.origin, savedAt, state })
    const { round, steps } = state
    this.#newest = { path, round, at: savedAt }
    const ms = Math.round(clock.now() - startedMs)
    emit({ event: 'checkpoint:saved', round, steps, path, bytes, ms, isLast: rest.isLast })
    this.#tellOfOld(tooMany)

    return this.#newest
  }

  /** Of whatever it is: not even a mistake in this program is a reason to stop training. */
  #tellOfFailure({ round, steps, isLast }: Rest, error: unknown): CodedError {
    const { folder, emit, log } = this.#components
    const isCoded = error instanceof CodedError
    if (!isCoded) log('error', 'unexpected', { reason: (error as Error).stack ?? `${error}` })
    const failure = isCoded ? error : new CheckpointError('ERR_CHECKPOINT_UNWRITABLE', `${error}`, {}, { cause: error })
    const remedy = describeSystemError(failure.cause ?? failure)
    const { code, message: reason } = failure
    const then = isLast ? 'what was learnt since the one before is lost' : 'training goes on, and the next one is tried'
    log('warn', `no checkpoint of round ${round}: ${remedy}; ${then}`, { code, path: folder.path })
    emit({ event: 'checkpoint:failed', round, steps, code, reason, remedy, path: folder.path })

    return failure
  }

  #tellOfOld(tooMany: number): void {
    const { folder, log } = this.#components
    if (tooMany > 0) log('warn', 'old checkpoints can not be removed', { count: tooMany, path: folder.path })
  }
}
