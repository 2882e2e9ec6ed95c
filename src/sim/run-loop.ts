import type { SimEvent } from './event-queue.ts'
import type { World } from './world.ts'

export interface RunOptions {
  /** Asked before the first event and after each: true ends the run. */
  until?: () => boolean
  /** Virtual time that may pass in this run; then it is exactly so much later. */
  maxMs?: number
  /** Events of this run. */
  maxEvents?: number
  signal?: AbortSignal
  /** Called after each event, when all that follows from it at the same moment has happened. */
  afterEvent?: () => void
}

export type RunEnd = 'until' | 'idle' | 'ms' | 'events' | 'aborted'

/**
 * Turns asked for at a time: Node runs the callbacks of `setImmediate` in batches and empties the queue of microtasks
 * after each, so a batch costs one passage through the event loop. Messages of worker threads wait that long.
 */
const TURNS = 64
/** Events that wake nobody share a turn, up to this many: signals and worker threads want to be heard too. */
const MAX_SILENT_EVENTS = 256

/** Processes events until something ends the run. Between two events all promises settle that can. */
export class RunLoop {
  readonly #world: World
  readonly #options: RunOptions
  readonly #endMs: number
  readonly #endEvents: number
  readonly #done = Promise.withResolvers<RunEnd>()
  #turns = 0
  /** The event whose real work is waited for. */
  #waiting: SimEvent | undefined
  #isEventOpen = false
  #isOver = false

  constructor(world: World, options: RunOptions) {
    this.#world = world
    this.#options = options
    this.#endMs = world.nowMs + (options.maxMs ?? Number.POSITIVE_INFINITY)
    this.#endEvents = world.events + (options.maxEvents ?? Number.POSITIVE_INFINITY)
  }

  run(): Promise<RunEnd> {
    this.#options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (this.#options.signal?.aborted) this.#onAbort()
    this.#askForTurns()

    return this.#done.promise
  }

  #askForTurns(): void {
    if (this.#turns > 0 || this.#isOver || this.#waiting !== undefined) return

    for (; this.#turns < TURNS; this.#turns++) setImmediate(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#turns--
    if (!this.#isOver && this.#waiting === undefined) this.#takeTurn()
    this.#askForTurns()
  }

  readonly #onAbort = (): void => this.#end('aborted')

  /** Processes one event that may have woken someone, or several that have not. */
  #takeTurn(): void {
    try {
      for (let i = 0; i < MAX_SILENT_EVENTS; i++) {
        this.#finishEvent()
        const event = this.#nextEvent()
        if (event === undefined || this.#process(event)) return
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Undefined when the run is over, or has to wait. */
  #nextEvent(): SimEvent | undefined {
    const end = this.#reasonToEnd()
    if (end !== undefined) {
      this.#end(end)
      return undefined
    }
    const event = this.#world.queue.peek()!
    if (event.isReady) return event

    this.#awaitWork(event)
    return undefined
  }

  /** After the last event, and all that followed from it. */
  #finishEvent(): void {
    if (this.#world.fault !== undefined) throw this.#world.fault
    if (!this.#isEventOpen) return

    this.#isEventOpen = false
    this.#options.afterEvent?.()
  }

  #reasonToEnd(): RunEnd | undefined {
    const { queue, events } = this.#world
    if (this.#options.until?.() === true) return 'until'
    if (events >= this.#endEvents) return 'events'
    const isIdle = queue.peek() === undefined
    if (!isIdle && queue.headMs <= this.#endMs) return undefined
    // nothing happens any more, but time was asked to pass
    if (this.#endMs < Number.POSITIVE_INFINITY) this.#world.nowMs = this.#endMs

    return isIdle ? 'idle' : 'ms'
  }

  #process(event: SimEvent): boolean {
    const world = this.#world
    world.nowMs = world.queue.headMs
    world.queue.shift()
    world.events++
    world.digest.add(world.nowMs, event.kind, event.fromSlot, event.toSlot, event.mark)
    this.#isEventOpen = true

    return event.fire()
  }

  #awaitWork(event: SimEvent): void {
    this.#waiting = event
    event.onSettled = () => {
      this.#waiting = undefined
      this.#askForTurns()
    }
  }

  #end(end: RunEnd): void {
    this.#cleanUp()
    this.#done.resolve(end)
  }

  #fail(error: unknown): void {
    this.#cleanUp()
    this.#done.reject(error)
  }

  #cleanUp(): void {
    this.#isOver = true
    if (this.#waiting !== undefined) this.#waiting.onSettled = undefined
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
  }
}
