import type { Clock } from '../interface/clock.ts'
import type { Peer } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { SimClock } from './clock.ts'
import type { Endpoint } from './endpoint.ts'
import { crashed, stopped } from './membership.ts'
import { SimNetwork } from './network.ts'
import { Processor } from './processor.ts'
import type { World } from './world.ts'

/** What a learner that has ended must not leave behind: all zero. */
export interface Leaks {
  timers: number
  subscriptions: number
  handlers: number
  listeners: number
  /** Requests and pulls that wait for others, and requests of others that wait for us. */
  exchanges: number
}

/** One life of a simulated machine: what a learner is given, and what can happen to it. */
export class SimHost {
  readonly network: SimNetwork
  readonly #world: World
  readonly #endpoint: Endpoint
  readonly #clock: SimClock
  readonly #processor: Processor

  constructor(world: World, endpoint: Endpoint, slowness: number) {
    this.#world = world
    this.#endpoint = endpoint
    this.network = new SimNetwork(world, endpoint)
    this.#clock = new SimClock(world, endpoint)
    this.#processor = new Processor(world, endpoint, slowness)
  }

  get peer(): Peer {
    return this.#endpoint.peer
  }

  get clock(): Clock {
    return this.#clock
  }

  get isAlive(): boolean {
    return this.#endpoint.isAlive
  }

  /**
   * Runs real work that takes `virtualMs` of virtual time on an ordinary machine, after what was asked for before.
   * Rejects with the signal's reason as soon as it aborts; the work itself is not told.
   *
   * @throws {CodedError} ERR_NETWORK_STOPPED when the machine has ended
   */
  compute<T>(virtualMs: number, work: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.#processor.run(virtualMs, work, options)
  }

  /** The machine is gone without a word: peers notice after a while. */
  crash(): void {
    if (this.#end('crashed')) crashed(this.#world, this.#endpoint)
  }

  /** The process ends in an orderly way: its connections are closed. */
  stop(): void {
    if (this.#end('stopped')) stopped(this.#world, this.#endpoint)
  }

  leaks(): Leaks {
    const { topics, handlers, listeners, exchanges, serving } = this.#endpoint
    const sizes = (sets: Iterable<ReadonlySet<unknown>>): number => [...sets].reduce((sum, { size }) => sum + size, 0)

    return {
      timers: this.#clock.timers,
      subscriptions: sizes(topics.values()),
      handlers: handlers.size,
      listeners: sizes(Object.values(listeners)),
      exchanges: exchanges.size + serving.size
    }
  }

  #end(kind: 'crashed' | 'stopped'): boolean {
    const endpoint = this.#endpoint
    if (!endpoint.isAlive) return false

    endpoint.endedMs = this.#world.nowMs
    this.#world.trace(kind, endpoint)
    this.#clock.stop()
    this.#processor.stop()
    for (const exchange of [...endpoint.exchanges, ...endpoint.serving]) exchange.breakOff()
    for (const topic of endpoint.topics.keys()) this.#world.topics.get(topic)?.delete(endpoint)

    return true
  }
}
