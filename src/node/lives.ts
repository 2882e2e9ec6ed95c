import type { Log } from '../interface/log.ts'
import type { Peer } from '../interface/network.ts'
import type { LearnerState, RestVisitor } from '../interface/rest.ts'
import type { CheckpointOrigin, ExampleShape } from '../store/checkpoint/checkpoint.ts'
import { CheckpointFolder, checkpointFolder } from '../store/checkpoint/folder.ts'
import { Checkpoints } from './checkpoints.ts'
import type { NodeEventSink } from './events.ts'
import { goOn, type ResumeChoice } from './going-on.ts'
import { canonicalJob, type Job, jobId } from './job.ts'
import { systemClock } from './system-clock.ts'
import { starlingVersion } from './versions.ts'

/** What of a node outlives its process. */
export interface CheckpointSettings {
  readonly resume: ResumeChoice
  /** Checkpoints on disk; 0 writes none. */
  readonly keep: number
  readonly everyMs: number
}

export interface LivesInit {
  job: Job
  self: Peer
  example: ExampleShape
  dataDir: string
  settings: CheckpointSettings
  emit: NodeEventSink
  log: Log
}

/** A node's lives, one after the other: what is on disk of the last one, and what is kept for the next. */
export class Lives {
  readonly #init: LivesInit
  readonly #folder: CheckpointFolder
  readonly checkpoints: Checkpoints | undefined

  constructor(init: LivesInit) {
    const { job, dataDir, settings, emit, log } = init
    const { keep, everyMs } = settings
    this.#init = init
    this.#folder = new CheckpointFolder(checkpointFolder(dataDir, jobId(job)), { keep: Math.max(1, keep) })
    const components = { clock: systemClock, folder: this.#folder, emit, log }
    if (keep > 0) this.checkpoints = new Checkpoints(components, { origin: originOf(init), everyMs })
  }

  /**
   * What `create` makes, of the state that the last life left if there is one.
   *
   * @throws {CheckpointError} ERR_CHECKPOINT_* for a certain checkpoint that can't be used
   */
  async goOn<T>(create: (state?: LearnerState) => T): Promise<T> {
    const { job, settings, emit, log } = this.#init
    const { budget } = job
    await this.#folder.sweep()

    return goOn({ choice: settings.resume, folder: this.#folder, jobId: jobId(job), budget, emit, log }, create)
  }

  /** Hand this to the learner's rests, before all that takes its time. */
  readonly visit: RestVisitor = async (rest, options) => this.checkpoints?.visit(rest, options)

  async stop(): Promise<void> {
    await this.checkpoints?.stop()
  }
}

function originOf({ job, self, example }: LivesInit): CheckpointOrigin {
  return { job: canonicalJob(job), peer: self, program: starlingVersion(), example }
}
