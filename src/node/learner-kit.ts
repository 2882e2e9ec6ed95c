import { randomInt } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import type { GossipNetwork } from '../gossip/network.ts'
import type { LearnerEvent } from '../interface/events.ts'
import type { Learner } from '../interface/learner.ts'
import type { LogOf } from '../interface/log.ts'
import type { Network, Peer } from '../interface/network.ts'
import type { Layout } from '../interface/params.ts'
import type { LearnerState, RestVisitor } from '../interface/rest.ts'
import type { Rng } from '../interface/rng.ts'
import type { WaitRegister } from '../interface/waits.ts'
import type { Attacker } from '../learners/attacker.ts'
import { PhiloxRng } from '../math/philox.ts'
import type { PeerFilter } from '../robust/filters/registry.ts'
import { filterStatePath } from '../store/filter-state.ts'
import { type ByzantineRole, createAttacker } from './byzantine.ts'
import type { NodeEventSink } from './events.ts'
import { FilterMemory } from './filter-memory.ts'
import { isProjectionJob, type Job, jobId } from './job.ts'
import { type OpenJournal, openJournal } from './journal.ts'
import { type AnyTrainer, createLearner, type LearnerVectors } from './learner.ts'
import { peerFilter } from './peer-filter.ts'
import { keySigning } from './signing.ts'
import { stopInOrder } from './stop-in-order.ts'
import { systemClock } from './system-clock.ts'

export interface LearnerKitInit {
  job: Job
  privateKey: PrivateKey
  network: GossipNetwork
  waits: WaitRegister
  vectors: LearnerVectors
  rest: RestVisitor
  dataDir: string | undefined
  byzantine: ByzantineRole | undefined
  emit: NodeEventSink
  logs: LogOf
}

const TWO_POW_32 = 0x1_0000_0000

/** What a node's learner works with besides its trainer: opened before it, closed after it. */
export class LearnerKit {
  readonly #init: LearnerKitInit
  /** As the learner sees it. */
  readonly #swarm: Network
  #attacker: Attacker | undefined
  #filter: PeerFilter | undefined
  #memory: FilterMemory | undefined
  #journal: OpenJournal | undefined

  constructor(init: LearnerKitInit) {
    this.#init = init
    // models travel without a relay only
    this.#swarm = isProjectionJob(init.job) ? init.network : init.network.forModels()
  }

  /** Peers that a learner can work with. */
  get swarm(): Network {
    return this.#swarm
  }

  async open({ trainer }: AnyTrainer): Promise<void> {
    await this.#openFilter(trainer.layout)
    await this.#openJournal()
  }

  /** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this job's */
  createLearner(training: AnyTrainer, resume?: LearnerState): Learner {
    const { job, privateKey, network, waits, vectors, rest, byzantine } = this.#init
    const { dim } = training.trainer.layout
    if (byzantine !== undefined) {
      this.#attacker ??= createAttacker(job, byzantine, { vectors, dim, self: network.self })
    }
    const parts = {
      network: this.#swarm,
      clock: systemClock,
      waits,
      vectors,
      rng: secretRng(),
      emit: this.#onEvent,
      rest,
      ...(resume === undefined ? {} : { resume }),
      signing: keySigning(privateKey),
      ...(job.membership === undefined ? {} : { mayTrain: (peer: Peer) => network.mayTrain(peer) }),
      ...(this.#journal === undefined ? {} : { journal: this.#journal }),
      ...(this.#attacker === undefined ? {} : { attacker: this.#attacker }),
      ...(this.#filter === undefined ? {} : { filter: this.#filter })
    }

    return createLearner(job, parts, training)
  }

  /** Idempotent; safe before `open`. */
  async stop(): Promise<void> {
    try {
      await stopInOrder([() => this.#attacker?.close(), () => this.#journal?.close(), () => this.#memory?.stop()])
    } finally {
      this.#attacker = undefined
      this.#journal = undefined
      this.#memory = undefined
    }
  }

  /** The filter of the job, if it has one, with what it remembers of an earlier life. */
  async #openFilter(layout: Layout): Promise<void> {
    const { job, vectors, dataDir, logs } = this.#init
    this.#filter = peerFilter(job, { vectors, layout, rng: secretRng() })
    if (this.#filter === undefined || dataDir === undefined) return

    const path = filterStatePath(dataDir, jobId(job))
    this.#memory = new FilterMemory({ filter: this.#filter, clock: systemClock, log: logs('store:filter') }, path)
    await this.#memory.start()
  }

  /** Of a job whose nodes exchange projections. */
  async #openJournal(): Promise<void> {
    const { job, dataDir, logs } = this.#init
    if (isProjectionJob(job) && dataDir !== undefined)
      this.#journal = await openJournal(dataDir, jobId(job), logs('store:journal'))
  }

  readonly #onEvent = (event: LearnerEvent): void => {
    if (event.event === 'peer:scored') this.#memory?.conclusionChanged()
    this.#init.emit({ ...event, bytes: this.#init.network.traffic() })
  }
}

/** Nobody else can know what it draws. */
function secretRng(): Rng {
  return new PhiloxRng(randomInt(TWO_POW_32), randomInt(TWO_POW_32))
}
