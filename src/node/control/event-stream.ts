import type { NodeEvent } from '../events.ts'

export interface StreamedEvent {
  /** Of the node's clock, ISO 8601. */
  readonly at: string
  readonly event: NodeEvent
}

/** Events that nobody has taken yet; the oldest go first. */
const MAX_QUEUED = 4096

/** Events of a node, one after the other, for `for await`. Leaving the loop ends the subscription. */
export class EventStream implements AsyncIterableIterator<StreamedEvent> {
  /** Events that this reader missed, because it was too slow. */
  dropped = 0
  readonly #queue: StreamedEvent[] = []
  readonly #signal: AbortSignal | undefined
  #wake = Promise.withResolvers<void>()
  #isOver = false
  #onEnd: () => void = () => undefined

  constructor(signal?: AbortSignal) {
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted === true) this.#isOver = true
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Called once, when nobody wants more: at once, if that is so already. */
  whenOver(onEnd: () => void): void {
    this.#onEnd = onEnd
    if (this.#isOver) onEnd()
  }

  push(event: StreamedEvent): void {
    if (this.#isOver) return
    this.#queue.push(event)
    if (this.#queue.length > MAX_QUEUED) {
      this.#queue.shift()
      this.dropped++
    }
    this.#notify()
  }

  missed(count: number): void {
    this.dropped += count
  }

  /** What has come may still be read. */
  end(): void {
    if (this.#isOver) return

    this.#isOver = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#notify()
    this.#onEnd()
  }

  async next(): Promise<IteratorResult<StreamedEvent, undefined>> {
    while (this.#queue.length === 0 && !this.#isOver) await this.#wake.promise
    const event = this.#queue.shift()

    return event === undefined ? { done: true, value: undefined } : { done: false, value: event }
  }

  async return(): Promise<IteratorResult<StreamedEvent, undefined>> {
    this.end()
    this.#queue.length = 0

    return { done: true, value: undefined }
  }

  readonly #onAbort = (): void => this.end()

  #notify(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}
