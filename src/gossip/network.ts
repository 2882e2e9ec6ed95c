import { setMaxListeners } from 'node:events'
import type { Connection, PrivateKey, Stream } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { CodedError, InvalidConfigError, type RejectedError } from '../interface/errors.ts'
import type {
  MessageHandler,
  ModelRef,
  Network,
  NetworkEvents,
  Peer,
  PullOptions,
  RequestHandler,
  Traffic,
  Unsubscribe
} from '../interface/network.ts'
import type { AbortOptions, Startable } from '../interface/startable.ts'
import type { WaitRegister } from '../interface/waits.ts'
import type { Hello } from '../wire/hello-codec.ts'
import { isHash } from '../wire/hex.ts'
import { MAX_ADDRESS_CHARS, MAX_LISTEN_ADDRESSES } from '../wire/limits.ts'
import { AddressBook } from './address-book.ts'
import { parseAddress } from './addresses.ts'
import { Admission } from './admission.ts'
import { Dialer } from './dialer.ts'
import { Emitter } from './emitter.ts'
import { createGater } from './gater.ts'
import { createHost, type Host } from './host.ts'
import { jobDifferences, printable } from './job-difference.ts'
import { Judge } from './judge.ts'
import { chooseKnown } from './known-addresses.ts'
import { DEFAULT_LIMITS, type GossipLimits } from './limits.ts'
import { MessageService, type StreamHandlers } from './message-service.ts'
import { ModelPuller } from './model-puller.ts'
import { ModelServer } from './model-server.ts'
import { ModelStore } from './model-store.ts'
import { PeerExchange } from './peer-exchange.ts'
import { PeerTable } from './peer-table.ts'
import { DEFAULT_RECONNECT_POLICY } from './reconnect.ts'
import { ScoreBook } from './score-book.ts'
import { TopicService } from './topic-service.ts'
import { TrafficMeter } from './traffic.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string, fields: Readonly<Record<string, string | number>>) => void

export interface GossipNetworkInit {
  privateKey: PrivateKey
  /**
   * Multiaddrs.
   * @default ['/ip4/127.0.0.1/tcp/0']
   */
  listen?: readonly string[]
  /** Multiaddrs of nodes to connect to, and to go on trying. */
  bootstrap?: readonly string[]
  /** SHA-256 of `jobJson`, 64 lower-case hex digits. */
  jobId: string
  /** The canonical job, at most 16 KiB. */
  jobJson: string
  /** Name and version of the program, without spaces, at most 64 characters. */
  agent: string
  /**
   * Names what differs between our job and a peer's, whose text is hostile.
   * @default a comparison key by key
   */
  compareJobs?: (theirJobJson: string) => readonly string[]
  waits: WaitRegister
  clock: Clock
  log?: Log
  limits?: Partial<GossipLimits>
  /**
   * Random numbers of [0, 1): jitter of reconnections, choice of addresses to pass on.
   * @default Math.random
   */
  uniform?: () => number
}

export interface GossipEvents extends NetworkEvents {
  /** A peer turned out to run another job; we don't dial it for a while. Bounded, printable text. */
  'job:mismatched': { peer: Peer; differences: readonly string[] }
  /** A peer misbehaved once too often: disconnected, and no connection with it for a while. */
  'peer:refused': { peer: Peer; code: string }
}

const DEFAULT_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0']
/** libp2p closes each connection within a second or aborts it. */
const STOP_TIMEOUT_MS = 10_000
/** Streams of one message or request that a peer may have open at once. */
const MAX_MESSAGE_STREAMS = 32

/** A node's network over libp2p: bytes between the peers of one job. `docs/PROTOCOL.md` has the frames. */
export class GossipNetwork implements Network, Startable {
  readonly self: Peer
  readonly #init: GossipNetworkInit
  readonly #limits: GossipLimits
  readonly #host: Host
  readonly #traffic: TrafficMeter
  readonly #peers = new PeerTable()
  readonly #emitter: Emitter<GossipEvents>
  readonly #judge: Judge
  readonly #admission: Admission
  readonly #dialer: Dialer
  readonly #exchange: PeerExchange
  readonly #topics: TopicService
  readonly #messages: MessageService
  readonly #models: ModelStore
  readonly #puller: ModelPuller
  readonly #server: ModelServer
  readonly #handlers = new Map<string, StreamHandlers>()
  readonly #prefix: string
  #running: AbortController | undefined
  #stopping: Promise<void> | undefined

  /** Makes a network that is not yet started. Rejects with ERR_CONFIG_INVALID. */
  static async create(init: GossipNetworkInit): Promise<GossipNetwork> {
    checkInit(init)
    const limits = { ...DEFAULT_LIMITS, ...init.limits }
    const traffic = new TrafficMeter()
    let network: GossipNetwork | undefined
    const host = await createHost({
      privateKey: init.privateKey,
      listen: init.listen ?? DEFAULT_LISTEN,
      agent: init.agent,
      gater: createGater({
        isRefused: (peer) => network?.isRefused(peer) ?? false,
        isStranger: (peer) => network?.isStranger(peer) ?? false
      }),
      traffic,
      limits
    })
    network = new GossipNetwork(init, host, traffic, limits)

    return network
  }

  private constructor(init: GossipNetworkInit, host: Host, traffic: TrafficMeter, limits: GossipLimits) {
    const { waits, clock } = init
    const peers = this.#peers
    this.#init = init
    this.#limits = limits
    this.#host = host
    this.#traffic = traffic
    this.self = host.peerId.toString()
    this.#prefix = `starling/${init.jobId.slice(0, 16)}`
    this.#emitter = new Emitter(this.#onError)
    this.#models = new ModelStore(limits.maxOffers)

    const scores = new ScoreBook({
      maxPeers: limits.maxScores,
      refusePoints: limits.refusePoints,
      halfLifeMs: limits.pointsHalfLifeMs,
      refuseMs: limits.refuseMs
    })
    const judge = new Judge({ scores, clock, report: this.#onRejected, disconnect: this.#onRefused })
    this.#judge = judge

    const shared = { peers, judge, waits, clock, limits, onError: this.#onError }
    this.#topics = new TopicService({
      ...shared,
      self: this.self,
      pubsub: host.services.pubsub,
      prefix: `${this.#prefix}/`
    })
    this.#messages = new MessageService(shared)
    this.#server = new ModelServer({ ...shared, models: this.#models })
    this.#puller = new ModelPuller({ ...shared, protocol: this.#modelProtocol })
    this.#admission = new Admission({
      ...shared,
      host,
      ownHello: this.#ownHello,
      compareJobs: init.compareJobs ?? ((theirs) => jobDifferences(init.jobJson, theirs)),
      onAdmitted: this.#onAdmitted,
      onGone: this.#onGone,
      onMismatch: this.#onMismatch
    })

    const uniform = init.uniform ?? Math.random
    const book = new AddressBook({ maxAddresses: limits.maxAddresses, policy: DEFAULT_RECONNECT_POLICY, uniform })
    for (const address of init.bootstrap ?? []) book.add({ ...parseAddress(address)!, pinned: true })
    this.#dialer = new Dialer({
      ...shared,
      self: this.self,
      book,
      isRefused: (peer) => this.isRefused(peer) || this.isStranger(peer),
      connect: (address, signal) => this.#admission.connect(address, signal)
    })
    this.#exchange = new PeerExchange({
      ...shared,
      network: this,
      uniform,
      known: (to) => chooseKnown(peers.entries(), to, uniform),
      learn: (addresses) => this.#dialer.learn(addresses)
    })
  }

  async start(): Promise<void> {
    await this.#stopping
    if (this.#running !== undefined) return

    const running = new AbortController()
    setMaxListeners(Number.POSITIVE_INFINITY, running.signal)
    this.#running = running
    try {
      await this.#admission.start(running)
      await this.#host.handle(this.#modelProtocol, this.#serveModel, {
        maxInboundStreams: 2 * this.#limits.maxServedPerPeer,
        maxOutboundStreams: this.#limits.maxPulls
      })
      await this.#host.start()
      this.#topics.start()
      this.#dialer.start()
      this.#exchange.start()
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
    this.#running = undefined
    this.#exchange.stop()
    this.#dialer.stop()
    this.#topics.stop()
    running.abort(new Error('the network has stopped'))
    const { waits } = this.#init
    const spec = { what: 'the connections to close', from: this.peers(), timeoutMs: STOP_TIMEOUT_MS }
    await waits.run(spec, async () => this.#host.stop()).catch(this.#onError)
    await this.#admission.stop()
    await this.#host.unhandle(this.#modelProtocol)
  }

  /** Where others can reach us, each ending in our id; empty until started. */
  addresses(): string[] {
    return this.#host.getMultiaddrs().map((address) => address.toString())
  }

  peers(): readonly Peer[] {
    return this.#peers.list()
  }

  traffic(): Traffic {
    return this.#traffic.read()
  }

  /** Facts for `status` and metrics. */
  stats(): { announcementsDropped: number; serving: number } {
    return { announcementsDropped: this.#topics.dropped, serving: this.#server.serving }
  }

  /**
   * Connects to an address; resolves with the peer's id when it has passed the hello.
   *
   * @throws {CodedError} ERR_NETWORK_STOPPED, ERR_DIAL_FAILED, ERR_JOB_MISMATCH, ERR_WAIT_TIMEOUT, ERR_HELLO_*
   */
  connect(address: string, { signal }: AbortOptions = {}): Promise<Peer> {
    const running = this.#requireRunning()

    return this.#admission.connect(address, signal === undefined ? running : AbortSignal.any([running, signal]))
  }

  isRefused(peer: Peer): boolean {
    return this.#judge.isRefused(peer)
  }

  isStranger(peer: Peer): boolean {
    return this.#admission.isStranger(peer)
  }

  publish(topic: string, bytes: Uint8Array): Promise<void> {
    return this.#topics.publish(topic, bytes)
  }

  subscribe(topic: string, handler: MessageHandler): Unsubscribe {
    return this.#topics.subscribe(topic, handler)
  }

  async send(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<void> {
    await this.#messages.send(to, this.#protocol(protocol), bytes, this.#within(options))
  }

  async request(to: Peer, protocol: string, bytes: Uint8Array, options?: AbortOptions): Promise<Uint8Array> {
    return this.#messages.request(to, this.#protocol(protocol), bytes, this.#within(options))
  }

  handle(protocol: string, handlers: { message: MessageHandler } | { request: RequestHandler }): Unsubscribe {
    const name = this.#protocol(protocol)
    if (this.#handlers.has(name)) throw new InvalidConfigError(`protocol "${protocol}" is handled already`)

    this.#handlers.set(name, handlers)
    const serve = (stream: Stream, connection: Connection): Promise<void> =>
      this.#messages.serve(stream, connection, handlers, this.#running?.signal ?? AbortSignal.abort())
    const options = { maxInboundStreams: MAX_MESSAGE_STREAMS, maxOutboundStreams: 128, runOnLimitedConnection: true }
    this.#host.handle(name, serve, options).catch(this.#onError)

    return () => {
      if (this.#handlers.delete(name)) this.#host.unhandle(name).catch(this.#onError)
    }
  }

  offer(encoded: Uint8Array): ModelRef {
    return this.#models.offer(encoded)
  }

  withdraw(hash: string): void {
    this.#models.withdraw(hash)
  }

  async pull(from: Peer, ref: ModelRef, options: PullOptions = {}): Promise<Uint8Array> {
    return this.#puller.pull(from, ref, { ...options, ...this.#within(options) })
  }

  reject(from: Peer, error: RejectedError): void {
    this.#judge.convict(from, error)
  }

  on<K extends keyof GossipEvents>(event: K, listener: (detail: GossipEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(event, listener)
  }

  get #modelProtocol(): string {
    return this.#protocol('model')
  }

  #protocol(name: string): string {
    return `/${this.#prefix}/${name}/1`
  }

  #requireRunning(): AbortSignal {
    if (this.#running === undefined) throw new CodedError('ERR_NETWORK_STOPPED', 'the network is not running')

    return this.#running.signal
  }

  #within({ signal }: AbortOptions = {}): AbortOptions {
    const running = this.#requireRunning()

    return { signal: signal === undefined ? running : AbortSignal.any([running, signal]) }
  }

  readonly #serveModel = (stream: Stream, connection: Connection): Promise<void> =>
    this.#server.handle(stream, connection, this.#running?.signal ?? AbortSignal.abort())

  readonly #ownHello = (to: Peer): Hello => {
    const { jobId, jobJson, agent, uniform = Math.random } = this.#init
    const listen = this.addresses().filter((address) => address.length <= MAX_ADDRESS_CHARS)

    return {
      jobId,
      jobJson,
      agent,
      listen: listen.slice(0, MAX_LISTEN_ADDRESSES),
      known: chooseKnown(this.#peers.entries(), to, uniform)
    }
  }

  readonly #onAdmitted = (peer: Peer, { agent, listen, known }: Hello): void => {
    this.#log('debug', 'peer connected', { peer, agent })
    this.#emitter.emit('peer:connected', { peer })
    this.#dialer.learn([...listen, ...known])
  }

  readonly #onGone = (peer: Peer): void => {
    this.#dialer.gone(peer)
    this.#emitter.emit('peer:disconnected', { peer })
  }

  readonly #onMismatch = (peer: Peer, differences: readonly string[]): void => {
    this.#log('warn', 'peer runs another job', { peer, differences: differences.join('; ') })
    this.#emitter.emit('job:mismatched', { peer, differences })
  }

  readonly #onRejected = (peer: Peer, { code, verdict, details }: RejectedError): void => {
    this.#log('debug', 'rejected what a peer sent', { ...details, peer, code, verdict })
    this.#emitter.emit('peer:rejected', { peer, code, verdict })
  }

  readonly #onRefused = (peer: Peer, code: string): void => {
    this.#log('warn', 'peer refused for a while', { peer, code })
    this.#emitter.emit('peer:refused', { peer, code })
    this.#admission.disconnect(peer, code)
  }

  readonly #onError = (error: unknown): void => {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    this.#log('debug', 'network trouble', { name, message: printable(message, 200) })
  }

  #log(level: LogLevel, message: string, fields: Record<string, string | number>): void {
    this.#init.log?.(level, message, fields)
  }
}

function checkInit({ jobId, listen = [], bootstrap = [] }: GossipNetworkInit): void {
  if (!isHash(jobId)) throw new InvalidConfigError('jobId must be 64 lower-case hex digits')
  for (const address of [...listen, ...bootstrap]) {
    if (parseAddress(address) === undefined) throw new InvalidConfigError(`"${address}" is no multiaddr`)
  }
}
