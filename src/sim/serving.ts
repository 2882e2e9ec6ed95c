import { CodedError, RejectedError } from '../interface/errors.ts'
import type { RequestHandler } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { type WaitSpec, WaitTimeoutError } from '../interface/waits.ts'
import { MAX_MESSAGE_BYTES } from '../wire/limits.ts'
import { Arrival } from './arrival.ts'
import { KIND } from './digest.ts'
import type { Dependent, Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import { MESSAGE_TIMEOUT_MS } from './limits.ts'
import type { Request } from './request.ts'
import { answerWireBytes, emptyAnswerWireBytes } from './wire-bytes.ts'
import type { World } from './world.ts'

/** How a request fails when it has reached the peer. */
export type RequestFailure = 'ERR_PROTOCOL_UNKNOWN' | 'ERR_STREAM_CLOSED'

/** Runs a handler of `at`; what it refuses of `from` is reported there. */
export function deliver(world: World, at: Endpoint, from: Endpoint, handle: () => void): void {
  try {
    handle()
  } catch (error) {
    refuse(world, at, from, error)
  }
}

export function refuse(world: World, at: Endpoint, from: Endpoint, error: unknown): void {
  if (!(error instanceof RejectedError)) world.failed(error)
  else world.emit(at, 'peer:rejected', { peer: from.peer, code: error.code, verdict: error.verdict })
}

/** A request at the peer that answers it: what its handler gets as options, and where the answer goes back from. */
export class Serving implements AbortOptions, Dependent {
  readonly #world: World
  readonly #request: Request
  #abort: AbortController | undefined
  #deadline: ServingDeadline | undefined
  #isOver = false

  constructor(world: World, request: Request) {
    this.#world = world
    this.#request = request
  }

  /** The side that answers is the one that it depends on. */
  get to(): Endpoint {
    return this.#request.to
  }

  /** Made when asked for, as most handlers answer at once: aborts at the deadline, and when the node ends. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (!this.#isOver) {
        this.#deadline = new ServingDeadline(this.#request, this.#abort)
        this.#world.at(this.#world.nowMs + MESSAGE_TIMEOUT_MS, this.#deadline)
      }
    }

    return this.#abort.signal
  }

  serve(handler: RequestHandler, bytes: Uint8Array): void {
    const { from, to } = this.#request
    to.serving.add(this)
    try {
      handler(from.peer, bytes, this).then(this.#onAnswer, this.#onFailure)
    } catch (error) {
      this.#onFailure(error)
    }
  }

  answer(answer: Uint8Array | RequestFailure): void {
    const { from, to, protocol } = this.#request
    const size = typeof answer === 'string' ? emptyAnswerWireBytes() : answerWireBytes(answer.byteLength)
    this.#world.links.transmit(new AnswerArrival(this.#world, to, from, protocol, size, answer, this.#request))
  }

  /** The node that serves has ended. */
  breakOff(): void {
    this.#end()
    this.#abort?.abort(new CodedError('ERR_NETWORK_STOPPED', 'the network has stopped'))
  }

  readonly #onAnswer = (answer: Uint8Array): void => {
    if (this.#end()) this.answer(answer.byteLength > MAX_MESSAGE_BYTES ? 'ERR_STREAM_CLOSED' : new Uint8Array(answer))
  }

  readonly #onFailure = (error: unknown): void => {
    const { from, to } = this.#request
    if (!this.#end()) return

    refuse(this.#world, to, from, error)
    this.answer('ERR_STREAM_CLOSED')
  }

  #end(): boolean {
    if (this.#isOver) return false

    this.#isOver = true
    this.#request.to.serving.delete(this)
    if (this.#deadline !== undefined) this.#world.queue.cancel(this.#deadline)

    return true
  }
}

class ServingDeadline extends SimEvent {
  readonly kind = KIND.timer
  readonly mark = 0
  readonly #request: Request
  readonly #abort: AbortController

  constructor(request: Request, abort: AbortController) {
    super()
    this.#request = request
    this.#abort = abort
  }

  get fromSlot(): number {
    return this.#request.from.slot
  }

  get toSlot(): number {
    return this.#request.to.slot
  }

  fire(): boolean {
    const { protocol, from } = this.#request
    const spec: WaitSpec = {
      kind: 'answer',
      what: `an exchange (${protocol})`,
      from: [from.peer],
      timeoutMs: MESSAGE_TIMEOUT_MS
    }
    this.#abort.abort(new WaitTimeoutError(spec))

    return true
  }
}

class AnswerArrival extends Arrival {
  readonly kind = KIND.answer
  readonly #answer: Uint8Array | RequestFailure
  readonly #request: Request

  constructor(
    world: World,
    from: Endpoint,
    to: Endpoint,
    what: string,
    size: number,
    answer: Uint8Array | RequestFailure,
    request: Request
  ) {
    super(world, from, to, what, size)
    this.#answer = answer
    this.#request = request
  }

  again(): undefined {
    return undefined
  }

  protected arrive(): boolean {
    return this.#request.answered(this.#answer) || this.drop()
  }
}
