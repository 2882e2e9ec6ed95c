import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { Log } from '../../interface/log.ts'
import type { Startable } from '../../interface/startable.ts'
import { isLoopback } from '../control/endpoint.ts'
import { listenTcp } from '../control/listen.ts'
import { type MetricsAddress, printMetricsAddress } from './address.ts'

export interface MetricsServerComponents {
  /** In Prometheus' text format. */
  metrics: () => Promise<string>
  /** Why the node is not ready to take part; undefined when it is. */
  notReady: () => string | undefined
  log: Log
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const MAX_CONNECTIONS = 16
const MAX_HEADER_BYTES = 8 * 1024
const REQUEST_MS = 5_000
const IDLE_MS = 5_000
const TEXT = 'text/plain; charset=utf-8'
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

/** `/metrics` for Prometheus, `/healthz` and `/readyz` for whatever keeps the node running. Reads nothing but a path. */
export class MetricsServer implements Startable {
  readonly #components: MetricsServerComponents
  readonly #address: MetricsAddress
  #server: Server | undefined
  #port: number

  constructor(components: MetricsServerComponents, address: MetricsAddress) {
    this.#components = components
    this.#address = address
    this.#port = address.port
  }

  /** Once started. */
  get port(): number {
    return this.#port
  }

  /** Rejects with ERR_CONTROL_LISTEN. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return

    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: REQUEST_MS,
        headersTimeout: REQUEST_MS,
        connectionsCheckingInterval: REQUEST_MS
      },
      this.#onRequest
    )
    server.keepAliveTimeout = IDLE_MS
    server.maxConnections = MAX_CONNECTIONS
    this.#port = await listenTcp(server, { ...this.#address, setting: '--metrics' })
    // of single connections: too many open files, say; the server goes on
    server.on('error', ({ message: reason }) =>
      this.#components.log('warn', 'a connection for metrics failed', { reason })
    )
    this.#server = server
    this.#tell({ ...this.#address, port: this.#port })
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return

    this.#server = undefined
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  #tell(address: MetricsAddress): void {
    const { log } = this.#components
    const at = `http://${printMetricsAddress(address)}/metrics`
    if (isLoopback(address.host)) log('debug', 'serves metrics', { at })
    else log('warn', 'serves metrics to whoever can reach this machine', { at })
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#answer(request).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : body)
    })
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET or HEAD only')
    if (!this.#isForUs(request)) return text(403, 'asked for under a name that is not ours')
    try {
      return await this.#page(new URL(request.url ?? '/', 'http://node').pathname)
    } catch (error) {
      this.#components.log('error', 'no metrics', { reason: (error as Error).message })

      return text(500, 'unexpected; the log says more')
    }
  }

  async #page(path: string): Promise<Answer> {
    const { metrics, notReady } = this.#components
    if (path === '/metrics') return { status: 200, type: PROMETHEUS, body: await metrics() }
    if (path === '/healthz') return text(200, 'ok')
    if (path !== '/readyz') return text(404, 'there are /metrics, /healthz and /readyz')

    const why = notReady()

    return why === undefined ? text(200, 'ready') : text(503, why)
  }

  /** A web page can have a browser ask for its own name, and have that lead to this machine: names are not answered. */
  #isForUs({ headers }: IncomingMessage): boolean {
    if (!isLoopback(this.#address.host)) return true
    const name = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

    return name === 'localhost' || isIP(name) !== 0
  }
}

function text(status: number, body: string): Answer {
  return { status, type: TEXT, body: `${body}\n` }
}
