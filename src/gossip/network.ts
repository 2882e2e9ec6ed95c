import { setMaxListeners } from 'node:events'
import type { Connection, Stream } from '@libp2p/interface'
import { CodedError, type RejectedError } from '../interface/errors.ts'
import type {
  AnnouncementHandler,
  ModelRef,
  Peer,
  PeerPath,
  ProtocolHandlers,
  PullOptions,
  Traffic,
  Unsubscribe
} from '../interface/network.ts'
import type { AbortOptions, Startable } from '../interface/startable.ts'
import type { WaitSpec } from '../interface/waits.ts'
import type { Right } from '../wire/invitation-codec.ts'
import { isPeerId } from '../wire/peer-key.ts'
import { DirectNetwork, type RelayedNetwork } from './direct-network.ts'
import { InvitationExchange } from './invitation-exchange.ts'
import { bestOf } from './known-addresses.ts'
import { startHost } from './listen-error.ts'
import { checkInit, type GossipEvents, type GossipNetworkInit } from './network-init.ts'
import { createParts, type NetworkParts } from './network-parts.ts'
import { PeerExchange } from './peer-exchange.ts'
import { type PeerFacts, peerFacts } from './peer-facts.ts'
import { ProtocolTable } from './protocol-table.ts'
import type { Reachability } from './reachability.ts'

export type { Bans, GossipEvents, GossipNetworkInit, MembershipInit } from './network-init.ts'

/** Between two summaries of who was turned away. */
const SUMMARY_MS = 10_000
/** libp2p closes each connection within a second or aborts it. */
const STOP_TIMEOUT_MS = 10_000

export interface NetworkStats {
  /** Messages refused unread. */
  announcementsDropped: number
  /** Models being taken by peers. */
  serving: number
  /** Streams, and connections, that wait for a hello to pass. */
  earlyStreams: number
  strangers: number
  /** Who was turned away since the start, by code. */
  refusals: Readonly<Record<string, number>>
}

/** A node's network over libp2p: bytes between the peers of one job. `docs/PROTOCOL.md` has the frames. */
export class GossipNetwork implements RelayedNetwork, Startable {
  readonly self: Peer
  readonly #init: GossipNetworkInit
  readonly #parts: NetworkParts
  readonly #exchange: PeerExchange
  readonly #invitations: InvitationExchange
  readonly #protocols: ProtocolTable
  readonly #ended: Unsubscribe[] = []
  #running: AbortController | undefined
  #stopping: Promise<void> | undefined

  /** Makes a network that is not yet started. Rejects with ERR_CONFIG_INVALID. */
  static async create(init: GossipNetworkInit): Promise<GossipNetwork> {
    checkInit(init)

    return new GossipNetwork(init, await createParts(init))
  }

  private constructor(init: GossipNetworkInit, parts: NetworkParts) {
    const { clock, uniform = Math.random } = init
    const { host, messages, reports, judge, limits, known, hearsay } = parts
    this.#init = init
    this.#parts = parts
    this.self = host.peerId.toString()
    this.#protocols = new ProtocolTable({ host, messages, signal: this.#signal, onError: reports.error })
    this.#exchange = new PeerExchange({
      ...{ network: this, judge, clock, limits, uniform, known, onError: reports.error },
      own: () => this.addresses(),
      learn: (addresses, from) => hearsay.fromPeer(addresses, from)
    })
    this.#invitations = new InvitationExchange({
      ...{ network: this, roster: parts.roster, judge, clock, uniform, onError: reports.error }
    })
  }

  async start(): Promise<void> {
    await this.#stopping
    if (this.#running !== undefined) return

    const { admission, host, limits, topics, streams, dialer, discovery, protocol } = this.#parts
    const running = new AbortController()
    setMaxListeners(Number.POSITIVE_INFINITY, running.signal)
    this.#running = running
    try {
      await admission.start(running)
      await host.handle(protocol('model'), this.#serveModel, {
        maxInboundStreams: 2 * limits.maxServedPerPeer,
        maxOutboundStreams: limits.maxPulls
      })
      await startHost(host)
      topics.start()
      this.#ended.push(this.on('reachability:changed', () => void this.#exchange.announce()))
      await discovery.start()
      dialer.start()
      if (this.#init.exchange !== false) this.#exchange.start()
      this.#invitations.start()
      // only the abort of a stop ends these
      streams.keepOpen(running.signal).catch(() => undefined)
      this.#summarise(running.signal).catch(() => undefined)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  stop(): Promise<void> {
    const running = this.#running
    if (running !== undefined) {
      this.#stopping = this.#stop(running).finally(() => {
        this.#stopping = undefined
      })
    }

    return this.#stopping ?? Promise.resolve()
  }

  async #stop(running: AbortController): Promise<void> {
    const { admission, host, topics, dialer, discovery, reports, protocol } = this.#parts
    this.#running = undefined
    for (const end of this.#ended.splice(0)) end()
    this.#exchange.stop()
    this.#invitations.stop()
    dialer.stop()
    await discovery.stop().catch(reports.error)
    topics.stop()
    running.abort(new Error('the network has stopped'))
    const spec: WaitSpec = {
      kind: 'stop',
      what: 'the connections to close',
      from: this.peers(),
      timeoutMs: STOP_TIMEOUT_MS
    }
    await this.#init.waits.run(spec, async () => host.stop()).catch(reports.error)
    await admission.stop()
    await host.unhandle(protocol('model'))
  }

  /** Where others can reach us, each ending in our id, best first; empty until started. */
  addresses(): string[] {
    return this.#parts.discovery.watch.addresses()
  }

  /** How others get to us. */
  reachability(): Reachability {
    return this.#parts.discovery.watch.reachability
  }

  /** Addresses of peers of the job that were met, two of each at most, the latest first: for another life. */
  metAddresses(): string[] {
    const { peers, book } = this.#parts
    const connected = [...peers.entries()].flatMap(([, { listen }]) => bestOf(listen))

    return [...new Set([...book.proven().map(({ address }) => address), ...connected])]
  }

  peers(): readonly Peer[] {
    return this.#parts.peers.members()
  }

  directPeers(): readonly Peer[] {
    return this.#parts.peers.directMembers()
  }

  pathOf(peer: Peer): PeerPath | undefined {
    return this.#parts.peers.path(peer)
  }

  /** The same network for a learner of models, which travel without a relay only. */
  forModels(): DirectNetwork {
    return new DirectNetwork(this)
  }

  traffic(): Traffic {
    return this.#parts.traffic.read()
  }

  /** Facts for `status` and metrics. */
  stats(): NetworkStats {
    const { topics, server, guard, door, reports } = this.#parts

    return {
      announcementsDropped: topics.dropped,
      serving: server.serving,
      earlyStreams: guard.waiting,
      strangers: door.waiting,
      refusals: reports.refusals
    }
  }

  /** Of each connected peer. */
  peerFacts(): PeerFacts[] {
    return peerFacts(this.#parts.peers)
  }

  /**
   * Connects to an address; resolves with the peer's id when it has passed the hello.
   *
   * @throws {CodedError} ERR_NETWORK_STOPPED, ERR_DIAL_FAILED, ERR_JOB_MISMATCH, ERR_WAIT_TIMEOUT, ERR_HELLO_*
   */
  async connect(address: string, options?: AbortOptions): Promise<Peer> {
    return this.#parts.admission.connect(address, this.#within(options).signal)
  }

  /** Dials this address again and again while it is not connected. */
  remember(address: string): void {
    this.#parts.dialer.remember(address)
  }

  /** The operator has banned a peer, or an IP address: it is disconnected; `bans` keeps it from coming back. */
  shutOut(who: string): void {
    const { admission } = this.#parts
    if (isPeerId(who)) admission.disconnect(who, 'ERR_PEER_BANNED')
    else admission.disconnectAddress(who, 'ERR_ADDRESS_BANNED')
  }

  /** Of the addresses known: how many, and when the next is dialled. */
  dialStanding(): { known: number; nextMs: number } {
    return this.#parts.dialer.standing()
  }

  isRefused(peer: Peer): boolean {
    return this.#parts.judge.isRefused(peer)
  }

  isStranger(peer: Peer): boolean {
    return this.#parts.admission.isStranger(peer)
  }

  /** What this node itself may do. */
  get right(): Right {
    return this.#parts.roster.rightOf(this.self) ?? 'train'
  }

  /** Whether what this peer wrote may count: it belongs to the swarm. One that is not known is asked about. */
  mayTrain(peer: Peer): boolean {
    return this.#parts.roster.mayTrain(peer)
  }

  publish(topic: string, bytes: Uint8Array): Promise<void> {
    return this.#parts.topics.publish(topic, bytes)
  }

  subscribe(topic: string, handler: AnnouncementHandler): Unsubscribe {
    return this.#parts.topics.subscribe(topic, handler)
  }

  async send(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<void> {
    const { messages, protocol: named } = this.#parts
    await messages.send(to, named(protocol), bytes, this.#within(options))
  }

  async request(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<Uint8Array> {
    const { messages, protocol: named } = this.#parts

    return messages.request(to, named(protocol), bytes, this.#within(options))
  }

  handle(protocol: string, handlers: ProtocolHandlers): Unsubscribe {
    return this.#protocols.handle(this.#parts.protocol(protocol), handlers)
  }

  offer(encoded: Uint8Array): ModelRef {
    return this.#parts.models.offer(encoded)
  }

  /** The bytes of a model on offer here. */
  offered(hash: string): Uint8Array | undefined {
    return this.#parts.models.get(hash)
  }

  withdraw(hash: string): void {
    this.#parts.models.withdraw(hash)
  }

  async pull(from: Peer, ref: ModelRef, options: PullOptions = {}): Promise<Uint8Array> {
    return this.#parts.puller.pull(from, ref, { ...options, ...this.#within(options) })
  }

  reject(from: Peer, error: RejectedError): void {
    this.#parts.judge.convict(from, error)
  }

  onRerouted(listener: (detail: GossipEvents['peer:rerouted']) => void): Unsubscribe {
    return this.on('peer:rerouted', listener)
  }

  on<K extends keyof GossipEvents>(event: K, listener: (detail: GossipEvents[K]) => void): Unsubscribe {
    return this.#parts.reports.on(event, listener)
  }

  async #summarise(signal: AbortSignal): Promise<void> {
    const { clock } = this.#init
    for (;;) {
      await clock.sleep(SUMMARY_MS, { signal })
      this.#parts.reports.summarise()
    }
  }

  /** @throws {CodedError} ERR_NETWORK_STOPPED */
  #within({ signal }: AbortOptions = {}): { signal: AbortSignal } {
    const running = this.#running?.signal
    if (running === undefined) throw new CodedError('ERR_NETWORK_STOPPED', 'the network is not running')

    return { signal: signal === undefined ? running : AbortSignal.any([running, signal]) }
  }

  /** For what serves peers: aborted while the network does not run. */
  readonly #signal = (): AbortSignal => this.#running?.signal ?? AbortSignal.abort()

  readonly #serveModel = (stream: Stream, connection: Connection): Promise<void> =>
    this.#parts.server.handle(stream, connection, this.#signal())
}
