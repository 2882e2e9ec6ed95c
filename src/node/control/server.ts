import { createServer, type Server, type Socket } from 'node:net'
import { CodedError } from '../../interface/errors.ts'
import type { Startable } from '../../interface/startable.ts'
import { type ConnectionComponents, ControlConnection } from './connection.ts'
import { type ControlLimits, DEFAULT_CONTROL_LIMITS } from './limits.ts'
import { listenTcp, listenUnix } from './listen.ts'
import { TokenGate } from './token-gate.ts'

/** Where to listen: the TCP port may be 0, for any that is free. */
export type ControlAddress = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number; token: string }

export type ControlServerComponents = Omit<ConnectionComponents, 'limits' | 'gate'>

/** Answers a node's owner over a local socket, in lines of JSON-RPC 2.0. `docs/API.md` has the methods. */
export class ControlServer implements Startable {
  readonly #components: ConnectionComponents
  readonly #limits: ControlLimits
  readonly #address: ControlAddress
  readonly #connections = new Set<ControlConnection>()
  #server: Server | undefined
  #port = 0

  constructor(components: ControlServerComponents, address: ControlAddress, limits: Partial<ControlLimits> = {}) {
    this.#limits = { ...DEFAULT_CONTROL_LIMITS, ...limits }
    this.#address = address
    const gate = address.kind === 'tcp' ? new TokenGate(address.token) : undefined
    this.#components = { ...components, limits: this.#limits, gate }
  }

  /** Clients attached now. */
  get connections(): number {
    return this.#connections.size
  }

  /** The TCP port, once started; 0 on a Unix socket. */
  get port(): number {
    return this.#port
  }

  /** Rejects with ERR_CONTROL_IN_USE, ERR_CONTROL_LISTEN. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return

    // half open: a client that has said all it wants to say still gets its answers
    const server = createServer({ allowHalfOpen: true }, this.#onConnection)
    // those over our own limit are told so before they go; beyond twice as many they are not
    server.maxConnections = 2 * this.#limits.maxConnections
    this.#server = server
    try {
      if (this.#address.kind === 'unix') await listenUnix(server, this.#address.path)
      else this.#port = await listenTcp(server, { ...this.#address, setting: '--control' })
    } catch (error) {
      this.#server = undefined
      throw error
    }
    // of single connections; the server goes on
    server.on('error', (error) => this.#components.onBug(error))
  }

  /** Tells everybody that the node has stopped, and hangs up; a Unix socket is removed. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return

    this.#server = undefined
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    // a node that is killed hangs up too, and says nothing
    const stopped = new CodedError('ERR_CONTROL_STOPPED', 'the node has stopped')
    await Promise.all([...this.#connections].map((connection) => connection.close(stopped)))
    await closed
  }

  readonly #onConnection = (socket: Socket): void => {
    const { maxConnections } = this.#limits
    const connection = new ControlConnection(socket, this.#components)
    const isFull = this.#connections.size >= maxConnections
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
    connection.start()
    if (isFull) {
      void connection.close(new CodedError('ERR_CONTROL_BUSY', `${maxConnections} clients are attached already`))
    }
  }
}
