import type { PrivateKey } from '@libp2p/interface'
import { GossipNetwork } from '../gossip/network.ts'
import type { Ban } from '../interface/ban.ts'
import type { Learner } from '../interface/learner.ts'
import type { LogOf } from '../interface/log.ts'
import type { Peer, Unsubscribe } from '../interface/network.ts'
import type { AbortOptions, Startable } from '../interface/startable.ts'
import { WaitRegister } from '../interface/waits.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import { attackText } from '../robust/attacks/registry.ts'
import { peersPath } from '../store/peers.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import { createEngine, type Engine } from '../train/engine/engine.ts'
import type { PoolTrainer } from '../train/engine/pool-trainer.ts'
import type { EngineTrainer } from '../train/engine/trainer.ts'
import { isPeerId } from '../wire/peer-key.ts'
import { AtRest } from './at-rest.ts'
import { BanKeeper } from './ban-keeper.ts'
import { type ByzantineRole, checkAttacks, relabelOf } from './byzantine.ts'
import type { DataShare } from './data-share.ts'
import { type DiscoverySettings, NO_DISCOVERY, networkDiscovery } from './discovery.ts'
import type { NodeEvent, NodeEventSink } from './events.ts'
import type { NodeInside } from './inspect/inside.ts'
import { comesToRest } from './inspect/phase.ts'
import { canonicalJob, type Job, jobId } from './job.ts'
import { isSampling } from './learner.ts'
import { LearnerKit } from './learner-kit.ts'
import { type CheckpointSettings, Lives } from './lives.ts'
import { keepHeapSmall } from './low-memory.ts'
import { type NodeAccess, networkAccess } from './membership.ts'
import { forwardNetworkEvents } from './network-events.ts'
import { ObservingLearner } from './observing.ts'
import { PeerMemory } from './peer-memory.ts'
import { stopInOrder } from './stop-in-order.ts'
import { systemClock } from './system-clock.ts'
import { checkSave, openStatelessTrainer, openTrainer } from './training.ts'
import { starlingVersion } from './versions.ts'
import { waitForPeers } from './wait-for-peers.ts'
import { saveWeights } from './weights.ts'

export interface NodeInit {
  job: Job
  privateKey: PrivateKey
  /** Multiaddrs to listen on. */
  listen: readonly string[]
  /** Multiaddrs of nodes to join through. */
  join: readonly string[]
  /** @default by address alone */
  discovery?: DiscoverySettings
  device: DeviceChoice
  /** Threads that one training step may use. */
  threads: number
  /** Which examples to train on, given the node's own name. */
  share: (self: Peer) => DataShare
  /** What shows that this node may come in. */
  access?: NodeAccess
  /** Peers to wait for before the first round. */
  awaitPeers: number
  /** How long to wait for them. */
  awaitMs: number
  /** Folder in which what is learnt of peers outlives the process. @default nothing does */
  dataDir?: string
  /** What is kept there to go on from, and what is gone on from. @default nothing */
  checkpoints?: CheckpointSettings
  /** Makes this node a Byzantine one: for research. */
  byzantine?: ByzantineRole
  emit: NodeEventSink
  logs: LogOf
}

interface NodeParts {
  network: GossipNetwork
  waits: WaitRegister
  peers: PeerMemory | undefined
  bans: BanKeeper
}

type NodeTraining = { kind: 'live'; trainer: EngineTrainer } | { kind: 'stateless'; trainer: PoolTrainer }

/** An attacker may have a model for each of its neighbours, in this round and the one before. */
const BYZANTINE_OFFERS = 256

/**
 * One node of a swarm: network, training thread and learner, wired together.
 * `start` makes it reachable, `run` does the work, `stop` leaves nothing behind.
 */
export class StarlingNode implements Startable {
  readonly waits: WaitRegister
  /** Of the learner: whoever wants to do something while nothing changes. */
  readonly rests = new AtRest()
  readonly #init: NodeInit
  readonly #vectors = new VectorHeap()
  readonly #network: GossipNetwork
  readonly #peers: PeerMemory | undefined
  readonly #bans: BanKeeper
  readonly #kit: LearnerKit
  readonly #unsubscribe: Unsubscribe[] = []
  #engine: Engine | undefined
  #training: NodeTraining | undefined
  #lives: Lives | undefined
  #learner: Learner | undefined

  private constructor(init: NodeInit, { network, waits, peers, bans }: NodeParts) {
    this.#init = init
    this.#network = network
    this.#peers = peers
    this.#bans = bans
    this.waits = waits
    const { job, privateKey, dataDir, byzantine, emit, logs } = init
    const parts = { network, waits, vectors: this.#vectors, rest: this.rests.visit }
    this.#kit = new LearnerKit({ ...parts, job, privateKey, dataDir, byzantine, emit, logs })
  }

  static async create(init: NodeInit): Promise<StarlingNode> {
    keepHeapSmall()
    const { job, privateKey, listen, join, discovery = NO_DISCOVERY, access = {}, dataDir, byzantine, logs } = init
    if (byzantine !== undefined) checkAttacks(job, [byzantine.attack])
    const waits = new WaitRegister({ clock: systemClock })
    const peers =
      dataDir === undefined
        ? undefined
        : new PeerMemory({ clock: systemClock, log: logs('store') }, peersPath(dataDir, jobId(job)))
    const bans = new BanKeeper(
      {
        wallClock: Date.now,
        sleep: systemClock.sleep,
        log: logs('store:bans'),
        onBanned: (ban) => node.#onBanned(ban),
        onLifted: (who) => node.#onLifted(who)
      },
      dataDir
    )
    const network = await GossipNetwork.create({
      privateKey,
      listen,
      bootstrap: join,
      remembered: (await peers?.load()) ?? [],
      ...networkDiscovery(listen, discovery),
      jobId: jobId(job),
      jobJson: canonicalJob(job),
      agent: `starling/${starlingVersion()}`,
      waits,
      clock: systemClock,
      bans,
      ...networkAccess(job, { access, privateKey, nowMs: Date.now() }),
      ...(byzantine === undefined ? {} : { limits: { maxOffers: BYZANTINE_OFFERS } }),
      log: logs('gossip')
    })

    peers?.watch(() => network.metAddresses())
    const node = new StarlingNode(init, { network, waits, peers, bans })

    return node
  }

  /** Network up, data loaded, graph compiled. A failed start undoes itself. */
  async start(): Promise<void> {
    if (this.#training !== undefined) return

    const startedMs = systemClock.now()
    this.#unsubscribe.push(...forwardNetworkEvents(this.#network, this.#init.emit))
    try {
      await this.#bans.start()
      // both to their end, even when one fails: what is half started can't be stopped
      const [trainer, network] = await Promise.allSettled([this.#openTraining(), this.#startNetwork()])
      if (trainer.status === 'rejected') throw trainer.reason
      if (network.status === 'rejected') throw network.reason
      await this.#peers?.start()
      this.#training = trainer.value
      this.#emitReady(trainer.value.trainer, systemClock.now() - startedMs)
    } catch (error) {
      await this.stop().catch(() => undefined) // why it did not start says more
      throw error
    }
  }

  /**
   * Waits for peers, trains until the budget is spent, and stays until the
   * peers have finished too, as they may still want the last model.
   */
  async run(options: AbortOptions = {}): Promise<void> {
    if (this.#training === undefined) throw new Error('start the node first')

    const { awaitPeers, awaitMs, emit, logs } = this.#init
    const network = this.#kit.swarm
    await waitForPeers({ network, waits: this.waits, awaitPeers, awaitMs, emit, log: logs('node') }, options)
    const learner = await this.#openLearner(this.#training)
    this.#learner = learner
    for (const { who } of this.#bans.list()) if (isPeerId(who)) learner.ban?.(who)
    await learner.run(options)
  }

  async #openLearner(training: NodeTraining): Promise<Learner> {
    if (this.#network.right === 'observe') return new ObservingLearner(this.waits)

    await this.#kit.open(training)

    return this.#goOn(training)
  }

  /**
   * Writes the model of this node to a safetensors file that a job can start from.
   *
   * @throws {InvalidConfigError} for learners that keep no model; {WeightsError} ERR_WEIGHTS_*
   */
  async save(path: string): Promise<void> {
    checkSave(this.#init.job)
    if (this.#training?.kind !== 'live') throw new Error('start the node first')

    await saveWeights(path, this.#training.trainer)
  }

  /** Idempotent; safe before start. What fails keeps nothing else from being stopped. */
  async stop(): Promise<void> {
    try {
      await stopInOrder([
        ...this.#unsubscribe.splice(0),
        () => this.#peers?.stop(),
        () => this.#network.stop(),
        () => this.#bans.stop(),
        () => this.#lives?.stop(),
        () => this.#engine?.close(),
        () => this.#kit.stop()
      ])
    } finally {
      this.#lives = undefined
      this.#engine = undefined
      this.#training = undefined
    }
  }

  /** Do rests come? */
  get isRunning(): boolean {
    return comesToRest(this.#learner)
  }

  /** The parts, for whoever looks into the node. */
  inside(): NodeInside {
    const trainer = this.#training?.trainer

    const { checkpoints } = this.#lives ?? {}

    return {
      ...{ job: this.#init.job, network: this.#network, bans: this.#bans, waits: this.waits },
      ...{ trainer, learner: this.#learner, checkpoints }
    }
  }

  /** The closing event of a node, whatever ended it. */
  stopped(reason: 'finished' | 'signal' | 'failed'): NodeEvent {
    const { round, steps } = this.#learner?.status ?? { round: 0, steps: 0 }

    return { event: 'node:stopped', reason, rounds: round, steps, bytes: this.#network.traffic() }
  }

  async #startNetwork(): Promise<void> {
    const network = this.#network
    await network.start()
    const { self: peer } = network
    const addresses = network.addresses()
    this.#init.emit({ event: 'node:listening', peer, addresses, reachability: network.reachability() })
  }

  async #openTraining(): Promise<NodeTraining> {
    const { job, device, threads, byzantine } = this.#init
    const { self } = this.#network
    const share = this.#init.share(self)
    const relabel = byzantine === undefined ? undefined : relabelOf(byzantine.attack)
    this.#engine = await createEngine({ device, threads })
    if (isSampling(job.learner)) {
      return { kind: 'stateless', trainer: await openStatelessTrainer(this.#engine, { job, share, self, relabel }) }
    }

    return {
      kind: 'live',
      trainer: await openTrainer(this.#engine, { job, share, self, relabel, vectors: this.#vectors })
    }
  }

  #emitReady(trainer: NodeTraining['trainer'], ms: number): void {
    const { job, byzantine, emit } = this.#init
    emit({
      event: 'data:loaded',
      examples: trainer.exampleCount,
      classCounts: [...trainer.classCounts],
      testExamples: trainer.testCount,
      dim: trainer.layout.dim
    })
    emit({
      event: 'node:ready',
      peer: this.#network.self,
      addresses: this.#network.addresses(),
      jobId: jobId(job),
      pid: process.pid,
      device: trainer.device,
      ms: Math.round(ms),
      ...(byzantine === undefined ? {} : { attack: attackText(byzantine.attack) })
    })
  }

  #onBanned({ who, reason, untilMs }: Ban): void {
    const until = untilMs === null ? null : new Date(untilMs).toISOString()
    this.#network.shutOut(who)
    if (isPeerId(who)) this.#learner?.ban?.(who)
    this.#init.emit({ event: 'peer:banned', who, reason, until })
  }

  #onLifted(who: string): void {
    if (isPeerId(who)) this.#learner?.unban?.(who)
    this.#init.emit({ event: 'peer:unbanned', who })
  }

  /** The learner: another life of the one that was here before, where there was one. */
  async #goOn(training: NodeTraining): Promise<Learner> {
    const { job, dataDir, checkpoints: settings, emit, logs } = this.#init
    if (dataDir === undefined || settings === undefined) return this.#kit.createLearner(training)

    const { self } = this.#network
    const { example } = training.trainer
    const lives = new Lives({ job, self, example, dataDir, settings, emit, log: logs('store:checkpoints') })
    this.#lives = lives
    this.#unsubscribe.push(this.rests.add(lives.visit, 'first'))

    return lives.goOn((state) => this.#kit.createLearner(training, state))
  }
}
