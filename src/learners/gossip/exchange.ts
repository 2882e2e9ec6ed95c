import type { Clock } from '../../interface/clock.ts'
import type { RejectedError } from '../../interface/errors.ts'
import type { LearnerView } from '../../interface/learner.ts'
import type { ModelRef, Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import { standing, type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'
import type { FisherVector, Update } from '../../merge/update.ts'
import { degreeOf, neighbours, orderMembers, type TopologySpec } from '../../sampling/topology.ts'
import { type AnnouncedPhase, decodeAnnouncement, encodeAnnouncement } from '../../wire/announcement-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod, observeWait } from '../adaptive-deadline.ts'
import type { Attacker } from '../attacker.ts'
import { encodeParcel, parcelBytes, parcelOf } from '../parcel.ts'
import { ToldModels } from '../told-models.ts'
import { Inbox, type Which } from './inbox.ts'
import { PeerWatch } from './peer-watch.ts'

export const MODELS_TOPIC = 'models'
/** Rounds are uint32 on the wire. */
const MAX_ROUND = 0xffff_ffff
/** More recipients than this and the announcement says "everyone". */
const MAX_NAMED_RECIPIENTS = 64
/** The newest, and the one before it for pulls under way; older ones are overtaken. */
const MAX_OFFERED = 2
/** How often a long wait looks whether a peer has fallen silent: nothing tells it. */
const LOOK_MS = 500
/** Ends a sleep without making an exception each time. */
const NO_LONGER_NEEDED = new Error('no longer needed')
const DEADLINE = { initialMs: 5_000, minMs: 100, maxMs: 30_000 }

export interface ExchangeInit {
  network: Network
  clock: Clock
  waits: WaitRegister
  vectors: VectorMath
  dim: number
  /** Whether models travel with their Fisher vectors. */
  hasFisher: boolean
  seed: number
  topology: TopologySpec
  /** Most peers whose models are kept. */
  maxSenders: number
  /** Of a Byzantine node: has a say in what is sent. */
  attacker?: Attacker | undefined
  onRejected: (peer: Peer, error: RejectedError) => void
  onExpired: (what: string, from: readonly Peer[]) => void
}

/** A model to push. */
export interface Push {
  round: number
  params: Float32Array
  /** Of these params, where models travel with it. */
  fisher?: FisherVector | undefined
  examples: number
  /** What comes after it. */
  phase: AnnouncedPhase
}

interface Shipment {
  ref: ModelRef
  to: readonly Peer[]
}

/** How many models a round waits for. */
export interface Quorum {
  /** Fraction of the neighbours. */
  quorum: number
  which: Which
  /** For the reason of the wait. */
  round: number
}

/** Models out to this round's neighbours, models in from whoever sends them. */
export class Exchange {
  readonly #init: ExchangeInit
  readonly #inbox: Inbox
  readonly #watch: PeerWatch
  readonly #told = new ToldModels()
  /** Hashes of what was sent in a round each, the newest last. */
  readonly #offered: string[][] = []
  readonly #unsubscribe: Unsubscribe[] = []
  #members: { key: string; ordered: Peer[] } = { key: '', ordered: [] }
  #deadline: DeadlineState = initDeadline(DEADLINE)
  #change = Promise.withResolvers<void>()

  constructor(init: ExchangeInit) {
    const { network, clock, vectors, dim, hasFisher, maxSenders, onRejected } = init
    const onPeriod = (periodMs: number): void => {
      this.#deadline = observePeriod(this.#deadline, periodMs)
      this.#watch.periodMs = this.#deadline.meanMs ?? 0
    }
    this.#init = init
    this.#watch = new PeerWatch({ network, clock })
    this.#inbox = new Inbox({
      network,
      clock,
      vectors,
      dim,
      hasFisher,
      maxSenders,
      onRejected,
      onModel: (peer, params) => init.attacker?.observe(peer, params),
      onPeriod,
      onChange: this.#onChange
    })
  }

  start(): void {
    const { network } = this.#init
    this.#unsubscribe.push(
      network.subscribe(MODELS_TOPIC, this.#onAnnouncement),
      network.on('peer:connected', this.#onChange),
      network.on('peer:disconnected', ({ peer }) => {
        this.#watch.forget(peer)
        this.#inbox.forget(peer)
        this.#onChange()
      })
    )
  }

  /** Nothing that this peer has sent counts any more. */
  disown(peer: Peer): void {
    this.#inbox.disown(peer)
  }

  /** Takes no more models in; announcements are still heard. */
  close(): void {
    this.#inbox.close()
  }

  /** Hears nothing any more. The last model stays on offer. */
  stop(): void {
    this.close()
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
  }

  /** Announces a model to this round's neighbours, who pull it. @returns the neighbours */
  async push({ round, params, fisher, examples, phase }: Push): Promise<Peer[]> {
    const { network } = this.#init
    const targets = this.#neighbours(round)
    const shipments = this.#offer(round, { params, fisher }, targets)
    for (const { ref } of shipments.slice(0, 1)) this.#told.note(network.self, round, ref)
    for (const { ref, to: all } of targets.length === 0 ? [] : shipments) {
      const to = all.length > MAX_NAMED_RECIPIENTS ? [] : all
      await network.publish(MODELS_TOPIC, encodeAnnouncement({ round, ref, examples, phase, to }))
    }

    return targets
  }

  /** One model for all, or what an attacker has for each. What newer ones overtake is withdrawn. */
  #offer(round: number, { params, fisher }: Pick<Push, 'params' | 'fisher'>, targets: readonly Peer[]): Shipment[] {
    const { network } = this.#init
    const shipments: Shipment[] = []
    // encoded at once: an attacker writes all that it sends to the same memory
    for (const { sent, to } of this.#forged(round, params, targets)) {
      shipments.push({ ref: network.offer(encodeParcel(parcelOf(sent, fisher))), to })
    }
    this.#offered.push(shipments.map(({ ref }) => ref.hash))
    while (this.#offered.length > MAX_OFFERED) {
      const old = this.#offered.shift()!
      // who sends the same model again still offers it
      for (const hash of old) if (!this.#offered.flat().includes(hash)) network.withdraw(hash)
    }

    return shipments
  }

  /** What is sent to whom. */
  *#forged(
    round: number,
    params: Float32Array,
    targets: readonly Peer[]
  ): Generator<{ sent: Float32Array; to: readonly Peer[] }> {
    const { attacker, network } = this.#init
    const members = network.peers().length + 1
    const audience = { round, n: Math.min(this.#degree() + 1, members), members }
    if (attacker?.perTarget !== true) {
      yield { sent: attacker?.forge(params, audience) ?? params, to: targets }
      return
    }
    for (const peer of targets) {
      yield { sent: attacker.forge(params, audience, { peer, hears: this.#heardBy(peer, round) }), to: [peer] }
    }
  }

  /** Whom a peer hears: in a graph its neighbours; where targets are drawn anybody. */
  #heardBy(peer: Peer, round: number): readonly Peer[] {
    const { network, topology } = this.#init

    return topology.kind === 'random' ? network.peers() : this.#neighbours(round, peer)
  }

  /**
   * Waits until models of a fraction of the neighbours are here, or a
   * deadline that follows how often they usually come.
   */
  async awaitModels(targets: readonly Peer[], { quorum, which, round }: Quorum, options: AbortOptions): Promise<void> {
    const missing = (): Peer[] => this.#senders(targets).filter((peer) => !this.#inbox.has(peer, which))
    const needed = (): number => Math.ceil(quorum * Math.min(this.#senders(targets).length, this.#degree()))
    const enough = (): boolean => this.#inbox.ready(which) >= needed()
    if (enough()) return

    const what = `${needed()} models of ${this.#senders(targets).length} neighbours after round ${round}`
    const came = await this.#until(
      { kind: 'models', what, from: missing(), timeoutMs: deadlineMs(this.#deadline) },
      enough,
      missing,
      options
    )
    this.#deadline = observeWait(this.#deadline, !came)
  }

  /** For people. */
  inspect(round: number): LearnerView {
    return { models: this.#told.list(), neighbours: this.#neighbours(round), members: undefined }
  }

  /** So many peers have models still to come, for a node whose round has these targets. */
  expected(targets: readonly Peer[]): number {
    return this.#senders(targets).length
  }

  /** Waits until no connected peer trains. */
  async awaitTraining(timeoutMs: number, options: AbortOptions): Promise<void> {
    const training = (): Peer[] => this.#watch.training()
    const from = training()
    const spec: WaitSpec = { kind: 'peers', what: `${from.length} peers to finish training`, from, timeoutMs }
    await this.#until(spec, () => training().length === 0, training, options)
  }

  /** Waits until no connected peer has models still to come. */
  async awaitOthers(timeoutMs: number, options: AbortOptions): Promise<void> {
    const active = (): Peer[] => this.#watch.active()
    const from = active()
    await this.#until(
      { kind: 'peers', what: `${from.length} peers to finish`, from, timeoutMs },
      () => active().length === 0,
      active,
      options
    )
  }

  /** See {@link Inbox.take}. */
  take(which: Which): Update[] {
    return this.#inbox.take(which)
  }

  release(updates: readonly Update[]): void {
    this.#inbox.release(updates)
  }

  /** Waits for a condition that messages and peers can change. @returns false at the deadline, which is reported */
  async #until(
    spec: WaitSpec,
    condition: () => boolean,
    missing: () => Peer[],
    options: AbortOptions
  ): Promise<boolean> {
    try {
      await this.#init.waits.run(spec, (signal) => this.#look(condition, signal), options)
      return true
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error
      this.#init.onExpired(standing(spec).what, missing())
      return false
    }
  }

  /** At each change, of which there are as many as the swarm has nodes in each round; and now and then without one. */
  async #look(condition: () => boolean, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const within = { signal: AbortSignal.any([signal, over.signal]) }
    let slept: Promise<void> | undefined
    const onSlept = (): void => {
      slept = undefined
    }
    try {
      while (!condition() && !signal.aborted) {
        slept ??= this.#init.clock.sleep(LOOK_MS, within).then(onSlept, onSlept)
        await Promise.race([this.#change.promise, slept])
      }
    } finally {
      over.abort(NO_LONGER_NEEDED)
    }
  }

  /** Peers that a model can be expected from: with `random`, anyone may have drawn us. */
  #senders(targets: readonly Peer[]): Peer[] {
    return this.#init.topology.kind === 'random' ? this.#watch.active() : this.#watch.active(targets)
  }

  #degree(): number {
    return degreeOf(this.#init.topology, this.#init.network.peers().length + 1)
  }

  #neighbours(round: number, of = this.#init.network.self): Peer[] {
    const { network, topology, seed } = this.#init
    const members = [network.self, ...network.peers()]
    const key = members.join()
    if (key !== this.#members.key) this.#members = { key, ordered: orderMembers(members, seed) }

    return neighbours(topology, { ordered: this.#members.ordered, self: of, round, seed })
  }

  readonly #onAnnouncement = (from: Peer, bytes: Uint8Array): void => {
    const { network, dim, hasFisher } = this.#init
    const expected = { bytes: parcelBytes(dim, { hasFisher }), minRound: 0, maxRound: MAX_ROUND }
    const announcement = decodeAnnouncement(bytes, expected)
    // gossip also brings the words of authors that we are not connected to, and could not pull from
    if (!network.peers().includes(from)) return

    this.#watch.heard(from, announcement.phase)
    this.#told.note(from, announcement.round, announcement.ref)
    const { to } = announcement
    if (to.length === 0 || to.includes(network.self)) {
      this.#inbox.announce(from, { ...announcement, lasting: announcement.phase !== 'train' })
    }
    this.#onChange()
  }

  /** Wakes the wait in progress, if any, to look again. */
  readonly #onChange = (): void => {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
