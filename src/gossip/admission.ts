import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import type { Hello } from '../wire/hello-codec.ts'
import { addressOf } from './addresses.ts'
import { awaitHello } from './await-hello.ts'
import { BoundedMap } from './bounded-map.ts'
import { Dial } from './dial.ts'
import type { Door } from './door.ts'
import { HELLO_PROTOCOL, type HelloComponents, HelloService, isRefusal, JobMismatchError } from './hello-service.ts'
import type { Host } from './host.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import type { Standing } from './membership.ts'
import type { PeerTable } from './peer-table.ts'
import { ipOf } from './remote-host.ts'
import type { Roster } from './roster.ts'

export interface AdmissionComponents extends Pick<HelloComponents, 'jobId' | 'ownHello' | 'compareJobs'> {
  host: Host
  peers: PeerTable
  judge: Judge
  roster: Roster
  door: Door
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
  onAdmitted: (peer: Peer, hello: Hello, standing: Standing) => void
  onGone: (peer: Peer, standing: Standing) => void
  onMismatch: (peer: Peer, differences: readonly string[]) => void
  /** A peer does not belong to the swarm, or does not let us in. */
  onTurnedAway: (peer: Peer, error: CodedError) => void
  /** Somebody answers at an address, and there is no handshake with it; told each time. */
  onStuck: (address: string, error: CodedError) => void
  onError: (error: unknown) => void
}

/** Peers of other jobs that we remember not to dial. */
const MAX_STRANGERS = 1024

/** One peer's connections at once: two when both have dialled, and two more that are about to close. */
const MAX_CONNECTIONS_PER_PEER = 4

/** How soon a member whose invitation has ended is disconnected. */
const EXPIRY_MS = 1000

/** Decides which connected peers are of our job and swarm: runs the hello on every connection, and closes those that fail it. */
export class Admission {
  readonly #components: AdmissionComponents
  readonly #hello: HelloService
  /** Peers of another job, with the time until which we don't dial them. */
  readonly #strangers = new BoundedMap<Peer, number>(MAX_STRANGERS)
  /** Hellos under way on connections that we opened; bounded by the host's connections. */
  readonly #greetings = new Map<string, Promise<void>>()
  /** Connections on which the other side has said its hello. */
  readonly #heard = new WeakSet<Connection>()
  #running: AbortController | undefined

  constructor(components: AdmissionComponents) {
    const { waits, jobId, ownHello, compareJobs, limits, roster } = components
    this.#components = components
    this.#hello = new HelloService({
      waits,
      jobId,
      ownHello,
      compareJobs,
      timeoutMs: limits.helloTimeoutMs,
      checkMember: (peer, invitation) => roster.admit(peer, invitation),
      admit: (peer, hello, standing, connection) => this.#admit(peer, hello, standing, connection)
    })
  }

  async start(running: AbortController): Promise<void> {
    const { host, roster } = this.#components
    this.#running = running
    host.addEventListener('connection:open', this.#onOpen)
    host.addEventListener('connection:close', this.#onClose)
    host.addEventListener('peer:disconnect', this.#onDisconnect)
    const options = { maxInboundStreams: 2, maxOutboundStreams: 2, runOnLimitedConnection: true }
    await host.handle(HELLO_PROTOCOL, (stream, connection) => this.#answer(stream, connection, running.signal), options)
    if (!roster.isOpen) this.#expire(running.signal).catch(() => undefined) // only the abort of the network ends it
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
   * @throws {CodedError} ERR_DIAL_FAILED, ERR_HANDSHAKE_FAILED, ERR_PEER_UNKNOWN; and what {@link HelloService.greet} throws
   */
  async connect(address: string, signal: AbortSignal): Promise<Peer> {
    const connection = await this.#dial(address, signal)
    const peer = connection.remotePeer.toString()

    await this.#greetings.get(connection.id)
    if (!this.#components.peers.has(peer)) await awaitHello(this.#components, peer, signal)

    return peer
  }

  async #dial(address: string, signal: AbortSignal): Promise<Connection> {
    const { host, waits, limits, onStuck } = this.#components
    const attempt = new Dial(host, address)
    const what = `a connection to ${address}`
    const spec: WaitSpec = { kind: 'dial', what, from: [], timeoutMs: limits.dialTimeoutMs }
    try {
      return await waits.run(spec, (deadline) => attempt.run(deadline), { signal })
    } catch (cause) {
      signal.throwIfAborted()
      const error = attempt.explain(cause)
      if (error instanceof CodedError && error.code === 'ERR_HANDSHAKE_FAILED') onStuck(address, error)
      throw error
    }
  }

  /** Asks which protocols of libp2p's the peer speaks, and tells them of it: gossipsub, say. Strangers are not asked. */
  identify(connection: Connection): void {
    const { host, onError } = this.#components
    host.services.identify.identify(connection).catch(onError)
  }

  /** Closes all connections of a peer at once. */
  disconnect(peer: Peer, code: string): void {
    const reason = new CodedError(code, `disconnected: ${code}`)
    for (const connection of this.#components.host.getConnections(peerIdFromString(peer))) connection.abort(reason)
  }

  /** Closes all connections with an IP address at once. */
  disconnectAddress(ip: string, code: string): void {
    const reason = new CodedError(code, `disconnected: ${code}`)
    for (const connection of this.#components.host.getConnections()) {
      if (ipOf(connection.remoteAddr) === ip) connection.abort(reason)
    }
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
    this.identify(left) // what ran on the closed one begins anew
  }

  readonly #onDisconnect = ({ detail: id }: CustomEvent<PeerId>): void => {
    const { host, peers, onGone, onError } = this.#components
    const peer = id.toString()
    const gone = peers.remove(peer)
    if (gone !== undefined) onGone(peer, gone.standing)
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
      this.#hearOnce(connection)
      await this.#hello.answer(stream, connection, signal)
    } catch (error) {
      this.#failed(connection, error)
    }
  }

  /** Who dials says hello, and once: each one costs a check, and an answer that is longer than what may be asked for it. */
  #hearOnce(connection: Connection): void {
    if (connection.direction === 'outbound' || this.#heard.has(connection)) {
      throw new RejectedError('ERR_HELLO_REPEATED', 'penalise', 'a hello where none is due')
    }
    this.#heard.add(connection)
  }

  /** Whoever dials us has to say hello in time. */
  async #expect(connection: Connection, signal: AbortSignal): Promise<void> {
    const peer = connection.remotePeer.toString()
    const closed = new AbortController()
    const onClose = (): void => closed.abort(new CodedError('ERR_PEER_UNKNOWN', 'closed before the hello'))
    connection.addEventListener('close', onClose, { once: true })
    try {
      await awaitHello(this.#components, peer, AbortSignal.any([signal, closed.signal]))
      this.#components.door.passed(connection.remoteAddr)
    } catch (error) {
      if (connection.status === 'open') connection.abort(error as Error)
    } finally {
      connection.removeEventListener('close', onClose)
    }
  }

  #admit(peer: Peer, { agent, listen, ...hello }: Hello, standing: Standing, connection: Connection): void {
    const { peers, onAdmitted, judge, door } = this.#components
    if (connection.status !== 'open' || judge.isRefused(peer)) return
    // as what it is now, and not as what it was: from the beginning
    if ((peers.get(peer)?.standing.right ?? standing.right) !== standing.right) {
      this.disconnect(peer, 'ERR_INVITE_RIGHTS')
      return
    }

    const addresses = listen.map((text) => addressOf(text, peer)).filter((text) => text !== undefined)
    this.#strangers.delete(peer)
    door.passed(connection.remoteAddr)
    const checked = { ...hello, agent, listen: addresses }
    if (peers.admit(peer, { connection, agent, listen: addresses, standing })) onAdmitted(peer, checked, standing)
    this.identify(connection)
  }

  #failed(connection: Connection, error: unknown): void {
    const { peers, judge, onTurnedAway, onError } = this.#components
    const peer = connection.remotePeer.toString()

    if (isRefusal(error)) {
      this.#turnAway(peer, error)
      connection.close().catch(onError)
      return
    }

    // points are for those who have passed: names cost nothing, and a thousand made-up ones must not push real ones out
    if (!(error instanceof RejectedError)) onError(error)
    else if (peers.has(peer)) judge.reject(peer, error)
    else onTurnedAway(peer, error)
    if (connection.status === 'open') connection.abort(cutOff(error))
  }

  #turnAway(peer: Peer, error: CodedError): void {
    const { limits, clock, onMismatch, onTurnedAway } = this.#components
    if (error instanceof JobMismatchError) {
      this.#strangers.set(peer, clock.now() + limits.refuseMs)
      onMismatch(peer, error.differences)
    } else onTurnedAway(peer, error)
  }

  /** An invitation lasts as long as it says, on open connections too. */
  async #expire(signal: AbortSignal): Promise<void> {
    const { clock, peers, roster, onTurnedAway } = this.#components
    for (;;) {
      await clock.sleep(EXPIRY_MS, { signal })
      for (const [peer, { standing }] of [...peers.entries()]) {
        if (!roster.hasExpired(standing)) continue
        const code = 'ERR_INVITE_EXPIRED'
        onTurnedAway(peer, new CodedError(code, 'the invitation has expired', { peer }))
        this.disconnect(peer, code)
      }
    }
  }
}

/** Every stream of the connection ends with this; a rejection would be counted again by whoever waits on one of them. */
function cutOff(cause: unknown): CodedError {
  const code = cause instanceof CodedError ? cause.code : 'ERR_STREAM_CLOSED'

  return new CodedError(code, `disconnected: ${code}`, {}, { cause })
}
