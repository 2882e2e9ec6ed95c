/** Thread that hashes models while they arrive; see `hasher.ts` for why. */

import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashOrder } from './hasher.ts'

interface Job {
  readonly bytes: Uint8Array
  /** The same memory, one element for every 4 bytes. */
  readonly words: Int32Array
  readonly hash: Hash
  hashed: number
}

/** Memory touched ahead of the bytes that arrive, so that the receiving thread meets no page faults. */
const LOOKAHEAD_BYTES = 4 * 1024 * 1024
const PAGE_BYTES = 4096

const jobs = new Map<number, Job>()

parentPort!.on('message', (order: HashOrder) => {
  if (order.what === 'begin') {
    const bytes = new Uint8Array(order.memory, 0, order.bytes)
    jobs.set(order.id, { bytes, words: new Int32Array(order.memory), hash: createHash('sha256'), hashed: 0 })
  } else if (order.what === 'cancel') {
    jobs.delete(order.id)
  } else {
    advance(order.id, order.received)
  }
})

function advance(id: number, received: number): void {
  const job = jobs.get(id)
  if (job === undefined) return

  touch(job.words, received)
  job.hash.update(job.bytes.subarray(job.hashed, received))
  job.hashed = received
  if (received < job.bytes.byteLength) return

  jobs.delete(id)
  const answer: HashAnswer = { id, hash: job.hash.digest('hex') }
  parentPort!.postMessage(answer)
}

/** Adds zero to one word of each page: brings the page in and changes nothing, whoever is writing there. */
function touch(words: Int32Array, from: number): void {
  const end = Math.min(words.length, (from + LOOKAHEAD_BYTES) / 4)
  for (let word = Math.ceil(from / PAGE_BYTES) * (PAGE_BYTES / 4); word < end; word += PAGE_BYTES / 4) {
    Atomics.add(words, word, 0)
  }
}
