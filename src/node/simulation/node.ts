import { CodedError } from '../../interface/errors.ts'
import type { LearnerEvent } from '../../interface/events.ts'
import type { Learner } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { Signing } from '../../interface/signing.ts'
import { WaitRegister } from '../../interface/waits.ts'
import type { Attacker } from '../../learners/attacker.ts'
import type { Journal } from '../../learners/spsa/journal.ts'
import { attackText } from '../../robust/attacks/registry.ts'
import type { SimHost } from '../../sim/host.ts'
import { VirtualStatelessTrainer, VirtualTrainer } from '../../sim/virtual-trainer.ts'
import { type ByzantineRole, createAttacker, relabelOf } from '../byzantine.ts'
import type { NodeEvent } from '../events.ts'
import { type Job, jobId } from '../job.ts'
import { type AnyTrainer, createLearner, type LearnerVectors } from '../learner.ts'
import type { SimulationEvent } from '../simulation-types.ts'
import type { ModelBoard } from './model-board.ts'
import type { SimulatedTraining, TrainerSource } from './trainers.ts'

export interface SimulatedNodeInit {
  job: Job
  peer: Peer
  /** Everyone in the job, those who join later included. */
  members: readonly Peer[]
  index: number
  host: SimHost
  trainers: TrainerSource
  vectors: LearnerVectors
  signing: Signing
  /** Of this machine's disk, which survives a crash. */
  journal: Journal
  /** Virtual time of one optimiser step. */
  stepMs: number
  /** Virtual time from the start of the machine to the start of its learner. */
  startMs: number
  /** Makes it a Byzantine one. */
  byzantine?: ByzantineRole | undefined
  /** Where attackers see all honest models. */
  board?: ModelBoard | undefined
  emit: (event: SimulationEvent) => void
  /** Called once, however it ends. */
  onEnd: () => void
  /** Its learner failed for a reason that is none of the simulated ones. */
  onFailure: (error: unknown) => void
}

/** Why a simulated node ended. */
export type NodeEnd = 'finished' | 'crashed' | 'left' | 'failed'

/** One life of a node: a host, a learner, and what becomes of them. */
export class SimulatedNode {
  readonly peer: Peer
  readonly index: number
  readonly host: SimHost
  readonly waits: WaitRegister
  readonly #init: SimulatedNodeInit
  readonly #stop = new AbortController()
  #learner: Learner | undefined
  #training: SimulatedTraining | undefined
  #attacker: Attacker | undefined
  /** Of a live learner: where the kernels are fast. */
  #params: Float32Array | undefined
  #end: NodeEnd | undefined
  #failure: unknown
  /** Settles when the learner has ended and everything is given back. */
  ended: Promise<void> = Promise.resolve()

  constructor(init: SimulatedNodeInit) {
    this.#init = init
    this.peer = init.peer
    this.index = init.index
    this.host = init.host
    this.waits = new WaitRegister({ clock: init.host.clock })
  }

  get end(): NodeEnd | undefined {
    return this.#end
  }

  get learner(): Learner | undefined {
    return this.#learner
  }

  /** What its learner failed with, when that is how it ended. */
  get failure(): unknown {
    return this.#failure
  }

  start(): void {
    this.ended = this.#run()
  }

  /** The machine is gone. */
  crash(): void {
    if (this.#end !== undefined) return
    this.#finish('crashed')
    this.host.crash()
    this.#stop.abort(new CodedError('ERR_NODE_CRASHED', 'the simulated machine is gone'))
  }

  /** Somebody stops the node in an orderly way. */
  leave(): void {
    this.#stop.abort(new CodedError('ERR_NODE_LEFT', 'the simulated node leaves'))
  }

  async #run(): Promise<void> {
    const { host, trainers, index, startMs, byzantine } = this.#init
    const relabel = byzantine === undefined ? undefined : relabelOf(byzantine.attack)
    try {
      // opened in virtual time, so that when it is ready in real time makes no difference
      this.#training = await host.compute(startMs, () => trainers.open(index, { relabel }), {
        signal: this.#stop.signal
      })
      this.#emitReady(this.#training)
      this.#learner = this.#createLearner(this.#training.training)
      await this.#learner.run({ signal: this.#stop.signal })
      this.#emitStopped('finished')
      this.#finish('finished')
    } catch (error) {
      this.#onError(error)
    } finally {
      host.stop()
      this.#attacker?.close()
      await this.#training?.release()
      if (this.#params !== undefined) this.#init.vectors.free(this.#params)
    }
  }

  #onError(error: unknown): void {
    if (this.#end === 'crashed') return
    if (this.#stop.signal.aborted) {
      this.#emitStopped('signal')
      this.#finish('left')
      return
    }
    this.#emitStopped('failed', error instanceof CodedError ? { code: error.code } : {})
    this.#failure = error
    this.#finish('failed')
    this.#init.onFailure(error)
  }

  #createLearner(training: AnyTrainer): Learner {
    const { job, host, vectors, stepMs, members, byzantine, board } = this.#init
    const { clock } = host
    const { dim } = training.trainer.layout
    if (byzantine !== undefined) {
      const known = board === undefined ? {} : { honest: board }
      this.#attacker = createAttacker(job, byzantine, { vectors, dim, self: this.peer, ...known })
    }
    const parts = {
      network: byzantine === undefined ? (board?.watch(host.network, dim) ?? host.network) : host.network,
      clock,
      waits: this.waits,
      vectors,
      emit: this.#onLearnerEvent,
      members,
      signing: this.#init.signing,
      journal: this.#init.journal,
      ...(this.#attacker === undefined ? {} : { attacker: this.#attacker })
    }
    if (training.kind === 'stateless') {
      const trainer = new VirtualStatelessTrainer({ trainer: training.trainer, host, stepMs, batchSize: job.batchSize })

      return createLearner(job, parts, { kind: 'stateless', trainer })
    }

    this.#params = vectors.allocate(dim)
    const init = { trainer: training.trainer, host, stepMs, batchSize: job.batchSize }
    return createLearner(job, parts, { kind: 'live', trainer: new VirtualTrainer(init, this.#params) })
  }

  #emitReady({ device, examples, classCounts, testExamples, training }: SimulatedTraining): void {
    const { emit, job, byzantine } = this.#init
    const attack = byzantine === undefined ? {} : { attack: attackText(byzantine.attack) }
    const { dim } = training.trainer.layout
    emit({ event: 'data:loaded', examples, classCounts, testExamples, dim })
    emit({ event: 'node:ready', peer: this.peer, addresses: [], jobId: jobId(job), pid: 0, device, ms: 0, ...attack })
  }

  #emitStopped(reason: 'finished' | 'signal' | 'failed', detail: { code?: string } = {}): void {
    const { round, steps } = this.#learner?.status ?? { round: 0, steps: 0 }
    this.#emit({ event: 'node:stopped', reason, ...detail, rounds: round, steps, bytes: this.host.network.traffic() })
  }

  readonly #onLearnerEvent = (event: LearnerEvent): void => {
    this.#emit({ ...event, bytes: this.host.network.traffic() })
  }

  /** The dead say nothing. */
  #emit(event: NodeEvent): void {
    if (this.#end === undefined) this.#init.emit(event)
  }

  #finish(end: NodeEnd): void {
    this.#end = end
    this.#init.onEnd()
    if (end !== 'finished') this.#init.board?.forget(this.peer)
    if (end === 'crashed') this.#init.emit({ event: 'node:crashed', bytes: this.host.network.traffic() })
    if (end === 'left') this.#init.emit({ event: 'node:left' })
  }
}
