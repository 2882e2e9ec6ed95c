import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { CodedError } from '../interface/errors.ts'

/** A buffer being filled from its start, and the SHA-256 of what it will hold. */
export interface RunningHash {
  readonly bytes: Uint8Array
  /** The first `received` bytes are final. */
  advance(received: number): void
  /** 64 lower-case hex digits; once, after all bytes have arrived. */
  digest(): Promise<string>
  cancel(): void
}

export type HashOrder =
  | { what: 'begin'; id: number; memory: SharedArrayBuffer; bytes: number }
  | { what: 'advance'; id: number; received: number }
  | { what: 'cancel'; id: number }

export interface HashAnswer {
  id: number
  hash: string
}

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js', import.meta.url)
/** Below this, hashing takes the receiving thread a few milliseconds at most: not worth a thread. */
const THREAD_FROM_BYTES = 8 * 1024 * 1024
/** Bytes between two orders to the thread: still in its cache, and few enough orders to cost nothing. */
const ORDER_BYTES = 1024 * 1024

/**
 * Hashes models as they arrive: small ones at once, large ones on a thread of
 * its own, because decrypting alone keeps the receiving thread busy, and
 * hashing would slow a transfer by a quarter.
 *
 * The thread starts with the first large model and ends with `stop`; it does
 * not keep the process alive.
 */
export class Hasher {
  readonly #pending = new Map<number, PromiseWithResolvers<string>>()
  #worker: Worker | undefined
  #nextId = 0

  begin(bytes: number): RunningHash {
    return bytes < THREAD_FROM_BYTES ? inlineHash(bytes) : this.#threadHash(bytes)
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#fail(new CodedError('ERR_NETWORK_STOPPED', 'the network has stopped'))
    await worker?.terminate()
  }

  #threadHash(length: number): RunningHash {
    const id = this.#nextId++
    const result = Promise.withResolvers<string>()
    result.promise.catch(() => undefined) // when nobody asks any more
    this.#pending.set(id, result)

    // whole words, for the thread to touch pages by
    const memory = new SharedArrayBuffer(4 * Math.ceil(length / 4))
    const order = (what: HashOrder): void => this.#thread().postMessage(what)
    order({ what: 'begin', id, memory, bytes: length })
    order({ what: 'advance', id, received: 0 })
    let ordered = 0

    return {
      bytes: new Uint8Array(memory, 0, length),
      advance: (received) => {
        if (received - ordered < ORDER_BYTES && received < length) return
        ordered = received
        order({ what: 'advance', id, received })
      },
      digest: () => result.promise,
      cancel: () => {
        if (this.#pending.delete(id)) order({ what: 'cancel', id })
      }
    }
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker

    const worker = new Worker(ENTRY, { name: 'starling-hash' })
    worker.unref()
    worker.on('message', ({ id, hash }: HashAnswer) => {
      this.#pending.get(id)?.resolve(hash)
      this.#pending.delete(id)
    })
    worker.on('error', (cause) => {
      this.#worker = undefined
      this.#fail(new CodedError('ERR_HASH_THREAD', 'the hashing thread died', {}, { cause }))
    })
    this.#worker = worker

    return worker
  }

  #fail(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

function inlineHash(length: number): RunningHash {
  const bytes = new Uint8Array(length)
  const hash = createHash('sha256')
  let hashed = 0

  return {
    bytes,
    advance: (received) => {
      hash.update(bytes.subarray(hashed, received))
      hashed = received
    },
    digest: async () => hash.digest('hex'),
    cancel: () => undefined
  }
}
