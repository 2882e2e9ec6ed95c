import { CodedError } from '../interface/errors.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { KIND } from './digest.ts'
import type { Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import type { World } from './world.ts'

/**
 * One node's processor: real asynchronous work that takes virtual time, one
 * piece at a time, in order. When its virtual time is over, the simulation
 * waits for the real work; before that nothing shows how far it has come.
 */
export class Processor {
  readonly #world: World
  readonly #endpoint: Endpoint
  /** Virtual milliseconds per millisecond of ordinary work. */
  readonly #slowness: number
  readonly #jobs: Job[] = []
  /** Settles when the last real work begun has: aborted work may go on for a while. */
  #real: Promise<unknown> = Promise.resolve()

  constructor(world: World, endpoint: Endpoint, slowness: number) {
    this.#world = world
    this.#endpoint = endpoint
    this.#slowness = slowness
  }

  run<T>(virtualMs: number, work: () => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (!this.#endpoint.isAlive) return Promise.reject(gone())

    return new Promise<T>((resolve, reject) => {
      const job = new Job(this.#world, this, this.#endpoint.slot, {
        virtualMs: virtualMs * this.#slowness,
        work,
        signal,
        resolve: resolve as (value: unknown) => void,
        reject
      })
      signal?.addEventListener('abort', job, { once: true })
      this.#jobs.push(job)
      if (this.#jobs.length === 1) this.#begin(job)
    })
  }

  stop(): void {
    for (const job of this.#jobs.splice(0)) job.abort(gone())
  }

  /** A job is over, or given up. */
  finished(job: Job): void {
    const place = this.#jobs.indexOf(job)
    if (place === -1) return

    this.#jobs.splice(place, 1)
    if (place === 0 && this.#jobs.length > 0) this.#begin(this.#jobs[0]!)
  }

  #begin(job: Job): void {
    this.#world.at(this.#world.nowMs + job.virtualMs, job)
    this.#real = this.#real.then(() => job.work())
  }
}

interface JobInit {
  virtualMs: number
  work: () => Promise<unknown>
  signal: AbortSignal | undefined
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
}

/** A piece of work; it is the event of its virtual end, and the listener that hears the abort. */
export class Job extends SimEvent {
  readonly kind = KIND.computed
  readonly fromSlot = -1
  readonly mark = 0
  readonly toSlot: number
  readonly virtualMs: number
  readonly #world: World
  readonly #processor: Processor
  readonly #init: JobInit
  #outcome: { value: unknown } | { reason: unknown } | undefined
  #isOver = false

  constructor(world: World, processor: Processor, slot: number, init: JobInit) {
    super()
    this.toSlot = slot
    this.virtualMs = init.virtualMs
    this.#world = world
    this.#processor = processor
    this.#init = init
  }

  override get isReady(): boolean {
    return this.#outcome !== undefined
  }

  /**
   * Does the real work; never rejects. Also when it was given up meanwhile: whether it had begun by then would depend
   * on real time.
   */
  async work(): Promise<void> {
    try {
      this.#outcome = { value: await this.#init.work() }
    } catch (reason) {
      this.#outcome = { reason }
    }
    this.onSettled?.()
  }

  fire(): boolean {
    const outcome = this.#outcome!
    const { signal, resolve, reject } = this.#init
    this.#isOver = true
    signal?.removeEventListener('abort', this)
    this.#world.trace('computed', undefined, this.#world.endpoints[this.toSlot])
    if ('value' in outcome) resolve(outcome.value)
    else reject(outcome.reason)
    this.#processor.finished(this)

    return true
  }

  handleEvent(): void {
    this.abort(this.#init.signal?.reason)
  }

  abort(reason: unknown): void {
    if (this.#isOver) return

    this.#isOver = true
    this.#init.signal?.removeEventListener('abort', this)
    this.#world.queue.cancel(this)
    this.#init.reject(reason)
    this.#processor.finished(this)
  }
}

function gone(): CodedError {
  return new CodedError('ERR_NETWORK_STOPPED', 'this machine is gone')
}
