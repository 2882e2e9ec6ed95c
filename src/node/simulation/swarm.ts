import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import { progressOf } from '../../learners/budget.ts'
import { createRng } from '../../math/philox.ts'
import { type ChurnEntry, type ChurnPlan, planChurn } from '../../sim/churn-plan.ts'
import type { ChurnAction } from '../../sim/churn-spec.ts'
import type { RunEnd } from '../../sim/run-loop.ts'
import { SimulatedSigning } from '../../sim/signing.ts'
import { Simulator } from '../../sim/simulator.ts'
import type { TraceEvent } from '../../sim/trace.ts'
import { type ByzantineRole, byzantineRoles } from '../byzantine.ts'
import type { Job } from '../job.ts'
import type { LearnerVectors } from '../learner.ts'
import type { SimulationEvent, SimulationSpec } from '../simulation-types.ts'
import { SimulatedDisk } from './disk.ts'
import { ModelBoard } from './model-board.ts'
import { SimulatedNode } from './node.ts'
import { peerNames } from './peer-names.ts'
import type { TrainerSource } from './trainers.ts'

export interface SimulatedSwarmInit {
  job: Job
  spec: SimulationSpec
  trainers: TrainerSource
  vectors: LearnerVectors
  onEvent: (ms: number, node: number, event: SimulationEvent) => void
  onTrace?: (event: TraceEvent) => void
}

/** A machine starts so long before its learner does; machines differ a little. */
const START_MS = 1000
const START_SPREAD_MS = 200
/** Attackers that see everything are a little slower than others, so that in synchronous rounds they send last. */
const OMNISCIENT_SLOWNESS = 1.25
/** An attacker may have a model for each of its neighbours, in this round and the one before. */
const BYZANTINE_OFFERS = 256
/** How a node of a learner with a server ends when there is nothing to be had of that. */
const SERVER_LOST = 'ERR_SERVER_LOST'
/** Virtual time without a new round after which something is wrong: the longest deadline of a learner is two minutes. */
const STALLED_MS = 3_600_000

/** The nodes of a job in a simulated world: starts them, lets churn happen to them, and knows how far they are. */
export class SimulatedSwarm {
  readonly simulator: Simulator
  readonly peers: readonly Peer[]
  /** The newest life of each node; undefined for one that has not joined yet. */
  readonly nodes: (SimulatedNode | undefined)[]
  readonly #init: SimulatedSwarmInit
  readonly #plan: ChurnPlan
  readonly #slowness: readonly number[]
  readonly #startMs: readonly number[]
  /** By index; undefined for an honest node. */
  readonly #roles: readonly (ByzantineRole | undefined)[]
  readonly #board: ModelBoard | undefined
  readonly #signing = new SimulatedSigning()
  /** Of each machine: what is on it outlives the node. */
  readonly #disks: readonly SimulatedDisk[]
  /** Churn that waits for the run to come so far, in order. */
  readonly #byProgress: ChurnEntry[]
  #live = 0
  #round = 0
  #roundMs = 0
  #failure: unknown
  #isStopping = false

  constructor(init: SimulatedSwarmInit) {
    const { job, spec, vectors, onTrace } = init
    const { nodes } = job.data
    this.#init = init
    this.simulator = new Simulator({
      seed: job.seed,
      links: spec.links,
      ...(onTrace === undefined ? {} : { onTrace })
    })
    this.peers = peerNames(nodes, job.seed)
    this.nodes = new Array<SimulatedNode | undefined>(nodes)
    this.#plan = planChurn(spec.churn, { nodes, seed: job.seed })
    this.#byProgress = this.#plan.entries.filter(({ at }) => 'progress' in at)
    const rng = createRng(job.seed, 'simulation:machines')
    const slow = new Set(
      rng.shuffle(Array.from({ length: nodes }, (_, i) => i)).slice(0, Math.round(spec.slow.fraction * nodes))
    )
    this.#roles = byzantineRoles(spec.byzantine?.nodes ?? [], this.peers)
    this.#disks = this.peers.map(() => new SimulatedDisk())
    this.#board = spec.byzantine?.omniscient === true ? new ModelBoard({ vectors, peers: this.peers }) : undefined
    const factor = (i: number): number => (this.#roles[i] === undefined || !this.#board ? 1 : OMNISCIENT_SLOWNESS)
    this.#slowness = Array.from({ length: nodes }, (_, i) => (slow.has(i) ? spec.slow.factor : 1) * factor(i))
    this.#startMs = Array.from({ length: nodes }, () => START_MS + rng.uniform() * START_SPREAD_MS)
  }

  /** The newest round that any node is in. */
  get round(): number {
    return this.#round
  }

  /** Nodes that run. */
  get live(): number {
    return this.#live
  }

  /** Of the budget, 0 to 1. */
  get progress(): number {
    return progressOf(this.#init.job.budget, this.#round, this.simulator.nowMs - START_MS)
  }

  /** Everyone who is there from the start is there now. */
  start(): void {
    const absent = new Set(this.#plan.absent)
    for (const index of this.peers.keys()) if (!absent.has(index)) this.#begin(index)
    for (const entry of this.#plan.entries) {
      if ('seconds' in entry.at) this.simulator.schedule(entry.at.seconds * 1000, () => this.apply(entry))
    }
  }

  /**
   * Lets time pass until every node has ended.
   *
   * @throws what a learner failed with; {CodedError} ERR_SIMULATION_STALLED, with what everybody waits for
   */
  async run(options: { signal?: AbortSignal; afterEvent?: () => void } = {}): Promise<RunEnd> {
    const end = await this.simulator.run({
      ...options,
      until: () => this.#failure !== undefined || this.live === 0 || this.#isStalled()
    })
    if (this.#failure !== undefined) throw this.#failure
    if (this.live > 0 && end !== 'aborted') throw this.#stalled()

    return end
  }

  /** Ends every node and gives everything back. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const node of this.nodes) node?.crash()
    await Promise.all(this.nodes.map((node) => node?.ended))
    this.#board?.close()
  }

  /** Does to a node what churn orders. One that is gone, or through, is left alone. */
  apply({ action, node: index }: { action: ChurnAction; node: number }): void {
    const node = this.nodes[index]
    const lives = node !== undefined && node.end === undefined
    if (action === 'crash' && lives) node.crash()
    if (action === 'leave' && lives) node.leave()
    if (
      (action === 'join' || action === 'rejoin') &&
      (node === undefined || node.end === 'crashed' || node.end === 'left')
    ) {
      this.#emit(index, { event: action === 'join' ? 'node:joined' : 'node:rejoined' })
      this.#begin(index)
    }
  }

  #begin(index: number): void {
    const { job, spec, trainers, vectors } = this.#init
    const peer = this.peers[index]!
    const byzantine = this.#roles[index]
    const offers = byzantine === undefined ? {} : { maxOffers: BYZANTINE_OFFERS }
    const node = new SimulatedNode({
      job,
      peer,
      members: this.peers,
      index,
      host: this.simulator.join(peer, { slowness: this.#slowness[index]!, ...offers }),
      trainers,
      vectors,
      signing: this.#signing.of(peer),
      journal: this.#disks[index]!,
      stepMs: spec.stepMs,
      startMs: this.#startMs[index]! / this.#slowness[index]!,
      byzantine,
      board: this.#board,
      emit: (event) => this.#emit(index, event),
      onEnd: () => this.#live--,
      onFailure: (error) => {
        if (!this.#isAttacked(error)) this.#failure ??= error
      }
    })
    this.nodes[index] = node
    this.#live++
    node.start()
  }

  /** A server that attacks may leave its nodes without a result: that is one, and no failure of the simulation. */
  #isAttacked(error: unknown): boolean {
    return this.#roles.some((role) => role !== undefined) && error instanceof CodedError && error.code === SERVER_LOST
  }

  #emit(index: number, event: SimulationEvent): void {
    // what ends now ends because the run does, not by churn
    if (this.#isStopping) return
    const { nowMs } = this.simulator
    if (event.event === 'round:ended' && event.round > this.#round) {
      this.#round = event.round
      this.#roundMs = nowMs
    }
    this.#init.onEvent(nowMs, index, event)
    while (this.#byProgress.length > 0 && this.progress >= (this.#byProgress[0]!.at as { progress: number }).progress) {
      const entry = this.#byProgress.shift()!
      // not from within the learner that made the progress: it may be the one to crash
      this.simulator.schedule(0, () => this.apply(entry))
    }
  }

  #isStalled(): boolean {
    return this.simulator.nowMs - this.#roundMs > STALLED_MS
  }

  #stalled(): CodedError {
    const waits = this.nodes.flatMap((node, index) =>
      node?.end === undefined ? (node?.waits.list().map(({ what }) => `node ${index}: ${what}`) ?? []) : []
    )

    return new CodedError(
      'ERR_SIMULATION_STALLED',
      `no new round for an hour of virtual time; waiting for: ${waits.slice(0, 8).join('; ') || 'nothing'}`,
      { round: this.#round, waits: waits.length }
    )
  }
}
