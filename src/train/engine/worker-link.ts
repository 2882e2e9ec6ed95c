import { Worker } from 'node:worker_threads'
import { CodedError } from '../../interface/errors.ts'
import { type Answer, type Call, type CallName, type Calls, fromPortable, type WorkerSetup } from './messages.ts'

/** Much longer than any step takes. */
const SHUTDOWN_TIMEOUT_MS = 30_000

/** Plain JavaScript once compiled: a package's own files are never stripped of types. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

interface Pending {
  resolve(gives: unknown): void
  reject(error: Error): void
}

/**
 * The caller's end of the training thread. A thread that dies rejects every
 * request in flight, and every later one, with ERR_ENGINE_CRASHED.
 */
export class WorkerLink {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #nextId = 0
  #closing: Promise<void> | undefined
  /** Set when no more answers will come. */
  #ended: CodedError | undefined

  /** @param entry - module that runs in the thread and answers calls */
  constructor(setup: WorkerSetup, entry: URL = ENTRY) {
    this.#worker = new Worker(entry, { workerData: setup, name: 'starling-train' })
    this.#worker.on('message', this.#onAnswer)
    this.#worker.on('error', this.#onError)
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (exitCode) => {
        this.#end(
          this.#closing === undefined
            ? new CodedError('ERR_ENGINE_CRASHED', 'the training thread ended', { exitCode })
            : new CodedError('ERR_ENGINE_CLOSED', 'the engine is closed')
        )
        resolve()
      })
    })
  }

  /** @throws {CodedError} what the worker threw; ERR_ENGINE_CRASHED; ERR_ENGINE_CLOSED */
  call<N extends CallName>(name: N, takes: Calls[N]['takes']): Promise<Calls[N]['gives']> {
    if (this.#closing !== undefined) return Promise.reject(new CodedError('ERR_ENGINE_CLOSED', 'the engine is closed'))

    return this.#post(name, takes)
  }

  /** Idempotent. Requests already in the queue are done first. @throws {CodedError} ERR_ENGINE_STUCK at a deadline */
  close(): Promise<void> {
    this.#closing ??= this.#close()

    return this.#closing
  }

  /** Never `terminate()`: in the middle of a step it aborts the whole process, because the native call cannot unwind. */
  async #close(): Promise<void> {
    const deadline = AbortSignal.timeout(SHUTDOWN_TIMEOUT_MS)
    const stuck = new Promise<never>((_, reject) => {
      const error = new CodedError('ERR_ENGINE_STUCK', 'the training thread does not end: a step hangs in its driver')
      deadline.addEventListener('abort', () => reject(error), { once: true })
    })
    // a crashed worker has nothing to release
    this.#post('shutdown', undefined).catch(() => undefined)

    try {
      await Promise.race([this.#exited, stuck])
    } finally {
      this.#worker.unref()
    }
  }

  #post<N extends CallName>(name: N, takes: Calls[N]['takes']): Promise<Calls[N]['gives']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)

    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (gives: unknown) => void, reject })
      this.#worker.postMessage({ id, name, takes } satisfies Call)
    })
  }

  readonly #onAnswer = (answer: Answer): void => {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if (answer.ok) pending?.resolve(answer.gives)
    else pending?.reject(fromPortable(answer.error))
  }

  readonly #onError = (cause: Error): void => {
    this.#end(new CodedError('ERR_ENGINE_CRASHED', `the training thread failed: ${cause.message}`, {}, { cause }))
  }

  #end(error: CodedError): void {
    this.#ended ??= error
    for (const { reject } of this.#pending.values()) reject(this.#ended)
    this.#pending.clear()
  }
}
