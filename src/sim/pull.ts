import { CodedError, RejectedError } from '../interface/errors.ts'
import type { ModelRef } from '../interface/network.ts'
import { type WaitSpec, WaitTimeoutError } from '../interface/waits.ts'
import type { Arrival } from './arrival.ts'
import { KIND } from './digest.ts'
import type { Endpoint, Exchange } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import { MAX_SERVED, MAX_SERVED_PER_PEER, SLOWEST_BYTES_PER_SECOND, STALL_MS, TRANSFER_BASE_MS } from './limits.ts'
import { PullRequestArrival } from './pull-arrivals.ts'
import type { PullCaller } from './pull-caller.ts'
import type { World } from './world.ts'

/** A model's transfer from `to`, who offers it, to `from`, where one caller or several wait for it. */
export class Pull implements Exchange {
  readonly world: World
  readonly from: Endpoint
  readonly to: Endpoint
  readonly ref: ModelRef
  readonly sinceMs: number
  readonly #key: string
  readonly #callers = new Set<PullCaller>()
  /** Bytes are on their way: these. */
  #transfer: Arrival | undefined
  #isServed = false
  #isOpen = true
  #timer: PullTimer | undefined

  constructor(world: World, from: Endpoint, to: Endpoint, ref: ModelRef, key: string) {
    this.world = world
    this.from = from
    this.to = to
    this.ref = ref
    this.sinceMs = world.nowMs
    this.#key = key
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get waitKind(): 'transfer' {
    return 'transfer'
  }

  get what(): string {
    return `model ${this.ref.hash.slice(0, 8)} (${this.ref.bytes} bytes)`
  }

  get untilMs(): number {
    return this.sinceMs + TRANSFER_BASE_MS + (1000 * this.ref.bytes) / SLOWEST_BYTES_PER_SECOND
  }

  start(): void {
    this.from.exchanges.add(this)
    this.from.pulls.set(this.#key, this)
    this.#setTimer()
    this.world.links.transmit(new PullRequestArrival(this))
  }

  join(caller: PullCaller): void {
    this.#callers.add(caller)
  }

  /** A caller gave up; the transfer ends with the last of them. */
  leave(caller: PullCaller): void {
    this.#callers.delete(caller)
    if (this.#callers.size === 0) this.#end()
  }

  /** At the peer: takes one of its places, if there is one. */
  serve(): boolean {
    const { served } = this.to
    const isFull = served.length >= MAX_SERVED
    if (isFull || count(served, this.from.slot) >= MAX_SERVED_PER_PEER) return false

    served.push(this.from.slot)
    this.#isServed = true

    return true
  }

  /** The model has left the peer; undefined when it got lost. */
  moves(transfer: Arrival | undefined): void {
    this.#transfer = transfer
  }

  arrived(model: Uint8Array): void {
    this.#transfer = undefined

    if (model.byteLength > this.ref.bytes) {
      const error = new RejectedError('ERR_MODEL_OVERRUN', 'penalise', 'more bytes than the model has')
      this.fail(error)
      this.world.emit(this.from, 'peer:rejected', { peer: this.to.peer, code: error.code, verdict: error.verdict })
    } else if (model.byteLength < this.ref.bytes) this.fail(truncated())
    else if (this.#end()) for (const caller of this.#callers) caller.resolve(model)
  }

  fail(error: Error): void {
    if (this.#end()) for (const caller of this.#callers) caller.reject(error)
  }

  breakOff(): void {
    this.fail(this.from.isAlive ? truncated() : new CodedError('ERR_NETWORK_STOPPED', 'the network has stopped'))
  }

  /** The next look whether bytes move, or the deadline. */
  onTimer(): void {
    const { nowMs } = this.world
    if (nowMs >= this.untilMs) this.fail(new WaitTimeoutError(this.#spec()))
    else if (this.#transfer !== undefined) this.#setTimer()
    else this.fail(new CodedError('ERR_MODEL_STALLED', 'the model stopped coming', { bytes: this.ref.bytes }))
  }

  #setTimer(): void {
    this.#timer = new PullTimer(this)
    this.world.at(Math.min(this.world.nowMs + STALL_MS, this.untilMs), this.#timer)
  }

  #spec(): WaitSpec {
    return { kind: this.waitKind, what: this.what, from: [this.to.peer], timeoutMs: this.untilMs - this.sinceMs }
  }

  #end(): boolean {
    if (!this.#isOpen) return false

    this.#isOpen = false
    this.from.exchanges.delete(this)
    this.from.pulls.delete(this.#key)
    this.world.queue.cancel(this.#timer!)
    if (this.#transfer !== undefined) this.world.links.retract(this.#transfer)
    if (this.#isServed) this.to.served.splice(this.to.served.indexOf(this.from.slot), 1)

    return true
  }
}

function count(slots: readonly number[], slot: number): number {
  let found = 0
  for (const each of slots) if (each === slot) found++

  return found
}

function truncated(): CodedError {
  return new CodedError('ERR_MODEL_TRUNCATED', 'the transfer broke off')
}

class PullTimer extends SimEvent {
  readonly kind = KIND.timer
  readonly mark = 1
  readonly fromSlot: number
  readonly toSlot: number
  readonly #pull: Pull

  constructor(pull: Pull) {
    super()
    this.fromSlot = pull.to.slot
    this.toSlot = pull.from.slot
    this.#pull = pull
  }

  fire(): boolean {
    this.#pull.onTimer()

    return !this.#pull.isOpen
  }
}
