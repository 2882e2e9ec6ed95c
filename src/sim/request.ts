import { CodedError } from '../interface/errors.ts'
import { WaitTimeoutError } from '../interface/waits.ts'
import { Arrival } from './arrival.ts'
import { KIND } from './digest.ts'
import type { Endpoint, Exchange } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import { MESSAGE_TIMEOUT_MS } from './limits.ts'
import { deliver, type RequestFailure, Serving } from './serving.ts'
import { messageWireBytes } from './wire-bytes.ts'
import type { World } from './world.ts'

/** A question that waits for its answer; it is also the event that ends the wait, and the listener that hears an abort. */
export class Request extends SimEvent implements Exchange {
  readonly kind = KIND.timer
  readonly mark = 0
  readonly world: World
  readonly from: Endpoint
  readonly to: Endpoint
  readonly protocol: string
  readonly sinceMs: number
  readonly #resolve: (answer: Uint8Array) => void
  readonly #reject: (reason: unknown) => void
  readonly #signal: AbortSignal | undefined
  #isOpen = true

  constructor(
    world: World,
    from: Endpoint,
    to: Endpoint,
    protocol: string,
    resolve: (answer: Uint8Array) => void,
    reject: (reason: unknown) => void,
    signal: AbortSignal | undefined
  ) {
    super()
    this.world = world
    this.from = from
    this.to = to
    this.protocol = protocol
    this.sinceMs = world.nowMs
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
  }

  get fromSlot(): number {
    return this.to.slot
  }

  get toSlot(): number {
    return this.from.slot
  }

  get waitKind(): 'answer' {
    return 'answer'
  }

  get what(): string {
    return `an answer (${this.protocol})`
  }

  get untilMs(): number {
    return this.sinceMs + MESSAGE_TIMEOUT_MS
  }

  start(bytes: Uint8Array): void {
    const { world, from, to, protocol } = this
    from.exchanges.add(this)
    this.#signal?.addEventListener('abort', this, { once: true })
    world.at(this.untilMs, this)
    world.links.transmit(new RequestArrival(world, from, to, protocol, messageWireBytes(bytes.byteLength), bytes, this))
  }

  /** @returns whether it was still waited for */
  answered(answer: Uint8Array | RequestFailure): boolean {
    if (!this.#end()) return false

    if (typeof answer !== 'string') this.#resolve(answer)
    else this.#reject(failure(answer))

    return true
  }

  breakOff(): void {
    if (!this.#end()) return

    const hasStopped = !this.from.isAlive
    this.#reject(
      hasStopped
        ? new CodedError('ERR_NETWORK_STOPPED', 'the network has stopped')
        : new CodedError('ERR_STREAM_CLOSED', 'the exchange broke off')
    )
  }

  /** The deadline. */
  fire(): boolean {
    if (!this.#end()) return false

    this.world.trace('timer', this.to, this.from, this.protocol)
    this.#reject(
      new WaitTimeoutError({
        kind: this.waitKind,
        what: this.what,
        from: [this.to.peer],
        timeoutMs: MESSAGE_TIMEOUT_MS
      })
    )

    return true
  }

  /** The caller's signal. */
  handleEvent(): void {
    if (this.#end()) this.#reject(this.#signal?.reason)
  }

  #end(): boolean {
    if (!this.#isOpen) return false

    this.#isOpen = false
    this.from.exchanges.delete(this)
    this.world.queue.cancel(this)
    this.#signal?.removeEventListener('abort', this)

    return true
  }
}

function failure(code: RequestFailure): CodedError {
  return code === 'ERR_PROTOCOL_UNKNOWN'
    ? new CodedError('ERR_PROTOCOL_UNKNOWN', 'the peer does not handle this protocol')
    : new CodedError('ERR_STREAM_CLOSED', 'the exchange broke off')
}

class RequestArrival extends Arrival {
  readonly kind = KIND.request
  readonly #bytes: Uint8Array
  readonly #request: Request

  constructor(
    world: World,
    from: Endpoint,
    to: Endpoint,
    what: string,
    size: number,
    bytes: Uint8Array,
    request: Request
  ) {
    super(world, from, to, what, size)
    this.#bytes = bytes
    this.#request = request
  }

  again(): RequestArrival {
    return new RequestArrival(this.world, this.from, this.to, this.what, this.size, this.#bytes, this.#request)
  }

  protected arrive(): boolean {
    const { to, from, what } = this
    const serving = new Serving(this.world, this.#request)
    const handlers = to.handlers.get(what)
    if (handlers === undefined) serving.answer('ERR_PROTOCOL_UNKNOWN')
    else if ('request' in handlers) {
      serving.serve(handlers.request, this.#bytes)
      return true
    } else {
      // a message has no answer: the stream ends without a frame
      deliver(this.world, to, from, () => handlers.message(from.peer, this.#bytes))
      serving.answer('ERR_STREAM_CLOSED')
      return true
    }

    return false
  }
}
