import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import type { Hello } from '../wire/hello-codec.ts'
import { addressOf } from './addresses.ts'
import { BoundedMap } from './bounded-map.ts'
import { HELLO_PROTOCOL, HelloService, JobMismatchError } from './hello-service.ts'
import type { Host } from './host.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'

export interface AdmissionComponents {
  host: Host
  peers: PeerTable
  judge: Judge
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
  ownHello: (to: Peer) => Hello
  compareJobs: (theirJobJson: string) => readonly string[]
  onAdmitted: (peer: Peer, hello: Hello) => void
  onGone: (peer: Peer) => void
  onMismatch: (peer: Peer, differences: readonly string[]) => void
  onError: (error: unknown) => void
}

/** Peers of other jobs that we remember not to dial. */
const MAX_STRANGERS = 1024

/** One peer's connections at once: two when both have dialled, and two more that are about to close. */
const MAX_CONNECTIONS_PER_PEER = 4

/** Decides which connected peers are of our job: runs the hello on every connection, and closes those that fail it. */
export class Admission {
  readonly #components: AdmissionComponents
  readonly #hello: HelloService
  /** Peers of another job, with the time until which we don't dial them. */
  readonly #strangers = new BoundedMap<Peer, number>(MAX_STRANGERS)
  /** Hellos under way on connections that we opened; bounded by the host's connections. */
  readonly #greetings = new Map<string, Promise<void>>()
  #running: AbortController | undefined

  constructor(components: AdmissionComponents) {
    const { waits, ownHello, compareJobs, limits } = components
    this.#components = components
    this.#hello = new HelloService({
      waits,
      ownHello,
      compareJobs,
      timeoutMs: limits.helloTimeoutMs,
      admit: (peer, hello, connection) => this.#admit(peer, hello, connection)
    })
  }

  async start(running: AbortController): Promise<void> {
    const { host } = this.#components
    this.#running = running
    host.addEventListener('connection:open', this.#onOpen)
    host.addEventListener('connection:close', this.#onClose)
    host.addEventListener('peer:disconnect', this.#onDisconnect)
    const options = { maxInboundStreams: 2, maxOutboundStreams: 2, runOnLimitedConnection: true }
    await host.handle(HELLO_PROTOCOL, (stream, connection) => this.#answer(stream, connection, running.signal), options)
  }

  async stop(): Promise<void> {
    const { host } = this.#components
    this.#running = undefined
    await host.unhandle(HELLO_PROTOCOL)
    host.removeEventListener('connection:open', this.#onOpen)
    host.removeEventListener('connection:close', this.#onClose)
    host.removeEventListener('peer:disconnect', this.#onDisconnect)
  }

  /** Another job's peer, lately: not worth a dial. It may dial us: its job file may have been mended. */
  isStranger(peer: Peer): boolean {
    return this.#components.clock.now() < (this.#strangers.get(peer) ?? Number.NEGATIVE_INFINITY)
  }

  /**
   * Connects, and resolves with the peer's id when it has passed the hello.
   *
   * @throws {CodedError} ERR_DIAL_FAILED, ERR_PEER_UNKNOWN; and what {@link HelloService.greet} throws
   */
  async connect(address: string, signal: AbortSignal): Promise<Peer> {
    const { host, peers, waits, limits } = this.#components
    const spec: WaitSpec = {
      kind: 'dial',
      what: `a connection to ${address}`,
      from: [],
      timeoutMs: limits.dialTimeoutMs
    }
    const connection = await waits.run(spec, (deadline) => dial(host, address, deadline), { signal })
    const peer = connection.remotePeer.toString()

    await this.#greetings.get(connection.id)
    if (!peers.has(peer)) {
      const hello: WaitSpec = {
        kind: 'hello',
        what: `the hello of ${peer}`,
        from: [peer],
        timeoutMs: limits.helloTimeoutMs
      }
      await waits.run(hello, (deadline) => peers.admitted(peer, { signal: deadline }), { signal })
    }

    return peer
  }

  /** Closes all connections of a peer at once. */
  disconnect(peer: Peer, code: string): void {
    const reason = new CodedError(code, `disconnected: ${code}`)
    for (const connection of this.#components.host.getConnections(peerIdFromString(peer))) connection.abort(reason)
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    const signal = this.#running?.signal
    if (signal === undefined) return

    const held = this.#components.host.getConnections(connection.remotePeer).length
    if (held > MAX_CONNECTIONS_PER_PEER) {
      connection.abort(new CodedError('ERR_CONNECTION_LIMIT', 'this peer has enough connections', { held }))
    } else if (connection.direction === 'outbound') this.#greet(connection, signal)
    else void this.#expect(connection, signal)
  }

  /** A peer may have several connections: when both dialled, or where one needs no relay. Goes on with what is left. */
  readonly #onClose = ({ detail: closed }: CustomEvent<Connection>): void => {
    const { host, peers } = this.#components
    const peer = closed.remotePeer.toString()
    const admitted = peers.get(peer)
    const open = host
      .getConnections(closed.remotePeer)
      .filter(({ id, status }) => id !== closed.id && status === 'open')
    const left = open.find(({ id }) => id === admitted?.connection.id) ?? open.find(({ direct }) => direct) ?? open[0]
    if (admitted === undefined || left === undefined) return

    peers.admit(peer, { ...admitted, connection: left })
    this.#identify(left) // what ran on the closed one begins anew
  }

  readonly #onDisconnect = ({ detail: id }: CustomEvent<PeerId>): void => {
    const { host, peers, onGone, onError } = this.#components
    const peer = id.toString()
    if (peers.remove(peer)) onGone(peer)
    host.peerStore.delete(id).catch(onError) // our own book remembers, within its bounds
  }

  #greet(connection: Connection, signal: AbortSignal): void {
    const greeting = this.#hello.greet(connection, signal)
    this.#greetings.set(connection.id, greeting)
    greeting
      .catch((error: unknown) => this.#failed(connection, error))
      .finally(() => this.#greetings.delete(connection.id))
  }

  async #answer(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
    try {
      await this.#hello.answer(stream, connection, signal)
    } catch (error) {
      this.#failed(connection, error)
    }
  }

  /** Whoever dials us has to say hello in time. */
  async #expect(connection: Connection, signal: AbortSignal): Promise<void> {
    const { waits, peers, limits } = this.#components
    const peer = connection.remotePeer.toString()
    const closed = new AbortController()
    const onClose = (): void => closed.abort(new CodedError('ERR_PEER_UNKNOWN', 'closed before the hello'))
    connection.addEventListener('close', onClose, { once: true })
    try {
      const spec: WaitSpec = {
        kind: 'hello',
        what: `the hello of ${peer}`,
        from: [peer],
        timeoutMs: limits.helloTimeoutMs
      }
      const either = AbortSignal.any([signal, closed.signal])
      await waits.run(spec, (deadline) => peers.admitted(peer, { signal: deadline }), { signal: either })
    } catch (error) {
      if (connection.status === 'open') connection.abort(error as Error)
    } finally {
      connection.removeEventListener('close', onClose)
    }
  }

  #admit(peer: Peer, { agent, listen, ...hello }: Hello, connection: Connection): void {
    const { peers, onAdmitted, judge } = this.#components
    if (connection.status !== 'open' || judge.isRefused(peer)) return

    const addresses = listen.map((text) => addressOf(text, peer)).filter((text) => text !== undefined)
    this.#strangers.delete(peer)
    const checked = { ...hello, agent, listen: addresses }
    if (peers.admit(peer, { connection, agent, listen: addresses })) onAdmitted(peer, checked)
    this.#identify(connection)
  }

  /** Asks which protocols of libp2p's the peer speaks, and tells them of it: gossipsub, say. Strangers are not asked. */
  #identify(connection: Connection): void {
    const { host, onError } = this.#components
    host.services.identify.identify(connection).catch(onError)
  }

  #failed(connection: Connection, error: unknown): void {
    const { judge, limits, clock, onMismatch, onError } = this.#components
    const peer = connection.remotePeer.toString()

    if (error instanceof JobMismatchError) {
      this.#strangers.set(peer, clock.now() + limits.refuseMs)
      onMismatch(peer, error.differences)
      connection.close().catch(onError)
      return
    }

    if (error instanceof RejectedError) judge.reject(peer, error)
    else onError(error)
    if (connection.status === 'open') connection.abort(error as Error)
  }
}

async function dial(host: Host, address: string, signal: AbortSignal): Promise<Connection> {
  try {
    return await host.dial(multiaddr(address), { signal })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.name : 'unknown'
    throw new CodedError('ERR_DIAL_FAILED', `could not connect to ${address}`, { cause: reason }, { cause })
  }
}
