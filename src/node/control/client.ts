import { connect, type Socket } from 'node:net'
import { CodedError } from '../../interface/errors.ts'
import type { Unsubscribe } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { WaitRegister, type WaitSpec } from '../../interface/waits.ts'
import { systemClock } from '../system-clock.ts'
import { type ControlEndpoint, endpointText } from './endpoint.ts'
import { EventStream, type StreamedEvent } from './event-stream.ts'
import { failureOf } from './failure.ts'
import { LineReader } from './line-reader.ts'
import { isRecord } from './rpc.ts'
import { METHODS, type MethodName, NOTIFICATIONS, type ParamsOf, type ResultOf } from './schema.ts'

export type { StreamedEvent } from './event-stream.ts'

export interface CallOptions extends AbortOptions {
  /**
   * How long the answer may take.
   * @default 30 s
   */
  timeoutMs?: number
}

/** Params may be left out where none is needed. */
export type CallArguments<M extends MethodName> =
  Record<string, never> extends ParamsOf<M>
    ? [params?: ParamsOf<M>, options?: CallOptions]
    : [params: ParamsOf<M>, options?: CallOptions]

interface Pending {
  readonly method: MethodName
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

interface Listening {
  readonly onEvent: (event: StreamedEvent) => void
  readonly onDropped: (events: number) => void
}

const CALL_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 5_000
/** Of an answer: the view of a swarm of a hundred thousand. */
const MAX_LINE_BYTES = 64 * 1024 * 1024
/** Events that came before the answer that says which subscription they are of. */
const MAX_EARLY = 256

/** Talks to a running node. One connection; any number of calls at a time, within the node's limits. */
export class ControlClient {
  readonly #socket: Socket
  readonly #where: string
  readonly #waits = new WaitRegister({ clock: systemClock })
  readonly #reader = new LineReader(MAX_LINE_BYTES)
  readonly #pending = new Map<number, Pending>()
  readonly #listening = new Map<number, Listening>()
  readonly #closed = Promise.withResolvers<CodedError>()
  readonly #early: { method: 'event' | 'dropped'; params: unknown }[] = []
  /** Calls of `subscribe` without an answer yet. */
  #subscribing = 0
  /** Subscriptions that end: until the node has said so, events of them still come. */
  readonly #ending = new Set<number>()
  #gone: CodedError | undefined
  #nextId = 1

  private constructor(socket: Socket, where: string) {
    this.#socket = socket
    this.#where = where
  }

  /**
   * Rejects with ERR_CONTROL_UNREACHABLE when nobody listens there, ERR_CONTROL_TOKEN, ERR_CONTROL_BUSY when the node
   * has as many clients as it takes, ERR_WAIT_TIMEOUT.
   */
  static async connect(endpoint: ControlEndpoint, options: AbortOptions = {}): Promise<ControlClient> {
    const where = endpointText(endpoint)
    const waits = new WaitRegister({ clock: systemClock })
    const spec: WaitSpec = {
      kind: 'dial',
      what: `a node to answer on ${where}`,
      from: [],
      timeoutMs: CONNECT_TIMEOUT_MS
    }
    const socket = await waits.run(spec, (signal) => open(endpoint, where, signal), options)
    const client = new ControlClient(socket, where)
    client.#listen()
    if (endpoint.kind === 'unix') return client
    try {
      await client.call('authenticate', { token: endpoint.token }, options)
    } catch (error) {
      await client.close()
      throw error
    }

    return client
  }

  /** Resolves with the reason when the connection is no more: ERR_CONTROL_STOPPED when the node has stopped cleanly. */
  get closed(): Promise<CodedError> {
    return this.#closed.promise
  }

  /**
   * Asks the node, and checks what it answers. Rejects with the code of the node's error, or ERR_CONTROL_CLOSED,
   * ERR_CONTROL_STOPPED, ERR_CONTROL_ANSWER, ERR_WAIT_TIMEOUT.
   */
  async call<M extends MethodName>(method: M, ...[params, options = {}]: CallArguments<M>): Promise<ResultOf<M>> {
    const { timeoutMs = CALL_TIMEOUT_MS, ...within } = options
    const id = this.#nextId++
    const spec: WaitSpec = { kind: 'answer', what: `the node's answer to ${method}`, from: [], timeoutMs }
    try {
      const result = await this.#waits.run(spec, () => this.#ask(id, method, params ?? {}), within)
      const checked = METHODS[method].result.safeParse(result)
      if (checked.success) return checked.data as ResultOf<M>
    } finally {
      this.#pending.delete(id)
    }

    throw new CodedError(
      'ERR_CONTROL_ANSWER',
      `the node's answer to ${method} is not what it should be; other versions?`
    )
  }

  /**
   * Has `onEvent` called for each event, of those named or all. What a listener throws becomes a warning of the process:
   * the stream goes on.
   *
   * @param onDropped - told how many the node left out because this client read too slowly
   * @returns what ends it
   */
  async subscribe(
    events: ParamsOf<'subscribe'>['events'],
    onEvent: (event: StreamedEvent) => void,
    onDropped: (events: number) => void = () => undefined
  ): Promise<Unsubscribe> {
    this.#subscribing++
    try {
      const { subscription } = await this.call('subscribe', { events: events ?? [] })
      this.#listening.set(subscription, { onEvent, onDropped })
      for (const { method, params } of this.#early.splice(0)) this.#onNotification(method, params)

      return () => this.#unsubscribe(subscription)
    } finally {
      this.#subscribing--
      if (this.#subscribing === 0) this.#early.length = 0
    }
  }

  /** The same as an async iterable, until the loop is left, the signal aborts or the connection ends. */
  async events(events: ParamsOf<'subscribe'>['events'] = [], { signal }: AbortOptions = {}): Promise<EventStream> {
    const stream = new EventStream(signal)
    const unsubscribe = await this.subscribe(
      events,
      (event) => stream.push(event),
      (count) => stream.missed(count)
    )
    stream.whenOver(unsubscribe)
    void this.closed.then(() => stream.end())

    return stream
  }

  /** Hangs up. Idempotent. */
  async close(): Promise<void> {
    this.#onGone(new CodedError('ERR_CONTROL_CLOSED', 'this client has hung up'))
    this.#socket.destroy()
    await this.#closed.promise
  }

  #listen(): void {
    this.#socket
      .on('data', this.#onData)
      .on('error', (error) => this.#onGone(lost(this.#where, error.message)))
      .on('close', () => this.#onGone(lost(this.#where, 'the node has hung up')))
  }

  #unsubscribe(subscription: number): void {
    if (!this.#listening.delete(subscription) || this.#gone !== undefined) return

    this.#ending.add(subscription)
    this.call('unsubscribe', { subscription })
      .catch(() => undefined) // gone with the connection
      .finally(() => this.#ending.delete(subscription))
  }

  #ask(id: number, method: MethodName, params: object): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)

    return new Promise((resolve, reject) => {
      this.#pending.set(id, { method, resolve, reject })
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    })
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      for (const line of this.#reader.push(chunk)) this.#onMessage(JSON.parse(line.toString()))
    } catch (cause) {
      this.#onGone(new CodedError('ERR_CONTROL_ANSWER', `${this.#where} does not speak JSON-RPC`, {}, { cause }))
      this.#socket.destroy()
    }
  }

  #onMessage(message: unknown): void {
    if (!isRecord(message)) throw new TypeError('a message that is no object')

    const { id, method, params, result, error } = message
    if (method === 'event' || method === 'dropped') this.#onNotification(method, params)
    else if (typeof id === 'number') this.#onAnswer(id, result, error)
    // of no request: the node is about to hang up, and says why
    else if (id === null && error !== undefined) this.#onGone(failureOf(error))
  }

  #onAnswer(id: number, result: unknown, error: unknown): void {
    const pending = this.#pending.get(id)
    if (error === undefined) pending?.resolve(result)
    else pending?.reject(failureOf(error))
  }

  #onNotification(method: 'event' | 'dropped', given: unknown): void {
    const checked = NOTIFICATIONS[method].params.safeParse(given)
    if (!checked.success) return
    const { data } = checked
    const listening = this.#listening.get(data.subscription)
    if (listening === undefined) {
      const isExpected = this.#subscribing > 0 && !this.#ending.has(data.subscription)
      if (isExpected && this.#early.length < MAX_EARLY) this.#early.push({ method, params: given })
      return
    }
    try {
      if ('at' in data) listening.onEvent({ at: data.at, event: data.event as StreamedEvent['event'] })
      else listening.onDropped(data.events)
    } catch (error) {
      // its own mistake: neither the node nor the other listeners have made it
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }

  #onGone(reason: CodedError): void {
    if (this.#gone !== undefined) return

    this.#gone = reason
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
    this.#listening.clear()
    this.#closed.resolve(reason)
  }
}

function open(endpoint: ControlEndpoint, where: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      endpoint.kind === 'unix'
        ? connect({ path: endpoint.path, signal })
        : connect({ host: endpoint.host, port: endpoint.port, signal })
    const onError = (cause: Error): void => {
      const { code = '' } = cause as NodeJS.ErrnoException
      const why = UNREACHABLE[code] ?? cause.message
      reject(new CodedError('ERR_CONTROL_UNREACHABLE', `${where}: ${why}`, {}, { cause }))
    }
    socket.once('error', onError).once('connect', () => {
      socket.off('error', onError)
      resolve(socket)
    })
  })
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOENT: 'no node runs there',
  ECONNREFUSED: 'no node runs there (any more)',
  EACCES: 'it belongs to another user',
  ENOTSOCK: 'that is no socket'
}

function lost(where: string, why: string): CodedError {
  return new CodedError('ERR_CONTROL_CLOSED', `${where}: ${why}`)
}
