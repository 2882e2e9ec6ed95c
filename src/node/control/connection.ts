import type { Socket } from 'node:net'
import { CodedError } from '../../interface/errors.ts'
import type { WaitRegister, WaitSpec } from '../../interface/waits.ts'
import type { EventFeed } from '../event-feed.ts'
import { createDispatch, type Dispatch, type NodeHandlers } from './dispatch.ts'
import type { ControlLimits } from './limits.ts'
import { LineReader } from './line-reader.ts'
import { answerOf, decodeLine, errorAnswer, type Received, type RpcAnswer } from './rpc.ts'
import { Subscriptions } from './subscriptions.ts'
import type { TokenGate } from './token-gate.ts'

export interface ConnectionComponents {
  handlers: NodeHandlers
  feed: EventFeed
  waits: WaitRegister
  limits: ControlLimits
  /** Absent where the socket's mode is guard enough. */
  gate?: TokenGate | undefined
  /** Told of failures that are nobody's fault but ours. */
  onBug: (error: Error) => void
}

/** One client: its requests answered, its streams of events fed, until it leaves. Nothing of it stays behind. */
export class ControlConnection {
  readonly #socket: Socket
  readonly #components: ConnectionComponents
  readonly #dispatch: Dispatch
  readonly #reader: LineReader
  readonly #subscriptions: Subscriptions
  readonly #gone = new AbortController()
  readonly #closed = Promise.withResolvers<void>()
  /** The token has come, or the client has left. */
  readonly #settled = Promise.withResolvers<void>()
  #inFlight = 0
  /** Answers that are not written yet. */
  #unsent = 0
  /** While the client has more to read than fits: until it has read it, or is gone. */
  #full: PromiseWithResolvers<void> | undefined
  #isTrusted: boolean
  #isEnding = false

  constructor(socket: Socket, components: ConnectionComponents) {
    const { limits, feed, handlers, gate } = components
    this.#socket = socket
    this.#components = components
    this.#isTrusted = gate === undefined
    this.#reader = new LineReader(limits.maxLineBytes)
    this.#subscriptions = new Subscriptions({
      feed,
      most: limits.maxSubscriptions,
      hasRoom: () => socket.writableLength < limits.maxEventBacklogBytes,
      send: (method, params) => this.#send({ jsonrpc: '2.0', method, params })
    })
    this.#dispatch = createDispatch({
      ...handlers,
      authenticate: ({ token }) => this.#authenticate(token),
      subscribe: ({ events }) => ({ subscription: this.#subscriptions.add(events) }),
      unsubscribe: ({ subscription }) => {
        this.#subscriptions.remove(subscription)
        return { done: true }
      }
    })
  }

  /** Resolves when the client is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  start(): void {
    this.#socket
      .on('data', this.#onData)
      .on('drain', this.#onDrain)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose)
    if (!this.#isTrusted) void this.#expectToken()
  }

  /** Says why, when there is a reason, and hangs up: at once when the client does not read. */
  async close(reason?: CodedError): Promise<void> {
    if (reason !== undefined) this.#send(errorAnswer(null, reason))
    this.#gone.abort(reason ?? new CodedError('ERR_CONTROL_CLOSED', 'the node hangs up'))
    this.#end()
    const { waits, limits } = this.#components
    const spec: WaitSpec = {
      kind: 'operator',
      what: 'a control client to take its last answer',
      from: [],
      timeoutMs: limits.closeMs
    }
    await waits.run(spec, () => this.closed).catch(() => undefined)
    this.#socket.destroy()
    await this.closed
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      for (const line of this.#reader.push(chunk)) {
        if (this.#isEnding) return
        this.#onLine(line)
      }
    } catch (error) {
      // what follows an endless line can't be told from it
      void this.close(error as CodedError)
    }
  }

  #onLine(line: Uint8Array): void {
    let received: Received | Received[]
    try {
      received = decodeLine(line)
    } catch (error) {
      // a web page may make a browser send anything to a local port, but then it is not JSON
      if (!this.#isTrusted) void this.close(error as CodedError)
      else void this.#reply(async () => errorAnswer(null, error))
      return
    }
    void this.#reply(() => (Array.isArray(received) ? this.#answerBatch(received) : this.#answer(received)))
  }

  /** Sends what there is to say, when there is room for it. Never rejects. */
  async #reply(answer: () => Promise<object | undefined>): Promise<void> {
    this.#unsent++
    try {
      const given = await answer()
      while (given !== undefined && this.#full !== undefined) await this.#full.promise
      if (given !== undefined) this.#send(given)
    } finally {
      this.#unsent--
      if (this.#isEnding) this.#endIfThrough()
    }
  }

  async #answerBatch(batch: readonly Received[]): Promise<RpcAnswer[] | undefined> {
    const answers = await Promise.all(batch.map((received) => this.#answer(received)))
    const given = answers.filter((answer) => answer !== undefined)

    return given.length === 0 ? undefined : given
  }

  /** Undefined for a notification. Never rejects. */
  async #answer(received: Received): Promise<RpcAnswer | undefined> {
    if ('error' in received) return errorAnswer(received.id, received.error)

    const { id, method, params } = received
    this.#inFlight++
    try {
      this.#admit(method)
      const result = await this.#dispatch(method, params, { signal: this.#gone.signal })

      return id === undefined ? undefined : answerOf(id, result)
    } catch (error) {
      if (!(error instanceof CodedError) && !this.#gone.signal.aborted) this.#components.onBug(error as Error)

      return id === undefined ? undefined : errorAnswer(id, error)
    } finally {
      this.#inFlight--
    }
  }

  /** @throws {CodedError} ERR_CONTROL_TOKEN, ERR_CONTROL_BUSY */
  #admit(method: string): void {
    const { maxInFlight } = this.#components.limits
    if (!this.#isTrusted && method !== 'authenticate') {
      throw new CodedError('ERR_CONTROL_TOKEN', 'call authenticate with the token first')
    }
    if (this.#inFlight > maxInFlight) {
      throw new CodedError('ERR_CONTROL_BUSY', `${maxInFlight} requests are under way; wait for an answer`)
    }
  }

  #authenticate(token: string): { done: true } {
    const { gate } = this.#components
    if (gate !== undefined && !gate.opens(token)) {
      const error = new CodedError('ERR_CONTROL_TOKEN', 'a wrong token')
      setImmediate(() => void this.close())
      throw error
    }
    this.#isTrusted = true
    this.#settled.resolve()

    return { done: true }
  }

  async #expectToken(): Promise<void> {
    const { waits, limits } = this.#components
    const spec: WaitSpec = {
      kind: 'operator',
      what: 'a control client to say the token',
      from: [],
      timeoutMs: limits.authenticateMs
    }
    try {
      await waits.run(spec, () => this.#settled.promise)
    } catch {
      await this.close(new CodedError('ERR_CONTROL_TOKEN', 'no token came in time'))
    }
  }

  #send(message: object): void {
    if (!this.#socket.writable) return

    this.#socket.write(`${JSON.stringify(message)}\n`)
    const isFull = this.#socket.writableLength >= this.#components.limits.maxUnreadBytes
    if (isFull && this.#full === undefined) void this.#untilRead()
  }

  /** Takes no more requests meanwhile. One that never reads is let go. */
  async #untilRead(): Promise<void> {
    const { waits, limits } = this.#components
    const full = Promise.withResolvers<void>()
    this.#full = full
    this.#socket.pause()
    const spec: WaitSpec = {
      kind: 'operator',
      what: 'a control client to read what it asked for',
      from: [],
      timeoutMs: limits.readMs
    }
    try {
      await waits.run(spec, () => full.promise)
    } catch {
      this.#socket.destroy()
    }
  }

  readonly #onDrain = (): void => {
    this.#makeRoom()
    this.#socket.resume()
    this.#subscriptions.onRoom()
  }

  #makeRoom(): void {
    this.#full?.resolve()
    this.#full = undefined
  }

  /** The client asks nothing more: it gets its answers, and no more events. */
  readonly #onEnd = (): void => {
    this.#end()
    // it may be gone altogether, which only a write can tell: an empty line, that says nothing
    setImmediate(() => {
      if (this.#unsent > 0 && this.#socket.writable) this.#socket.write('\n')
    })
  }

  readonly #onError = (): void => {
    this.#socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#isEnding = true
    this.#subscriptions.clear()
    this.#gone.abort(new CodedError('ERR_CONTROL_CLOSED', 'the client has left'))
    this.#makeRoom()
    this.#closed.resolve()
    this.#settled.resolve()
  }

  #end(): void {
    this.#isEnding = true
    this.#subscriptions.clear()
    this.#endIfThrough()
  }

  #endIfThrough(): void {
    if (this.#unsent === 0) this.#socket.end()
  }
}
