import type { Clock } from '../../interface/clock.ts'
import type { Peer } from '../../interface/network.ts'
import type { Signing } from '../../interface/signing.ts'
import type { Replica } from '../../spsa/replica.ts'
import type { LogBatch } from '../../wire/log-batch.ts'
import type { Condition } from '../condition.ts'
import type { Keeping } from './keeping.ts'

/** Between two messages: peers take 50 a second of an author, so a small model puts more projections into each. */
const PAUSE_MS = 25
/** Projections that wait for a disk that fails; with so many, no more are measured until it takes them. */
export const MAX_DRAFTS = 1024
/** Between two looks whether it does. */
const DISK_MS = 1000

export interface WritingInit {
  self: Peer
  clock: Clock
  signing: Signing
  replica: Replica
  keeping: Keeping
  changes: Condition
  /** Projections in a message. */
  batchProjections: number
  /** They wait no longer than this to be sent, in ms. */
  flushMs: number
  /** At the end a disk that fails is waited for so long, in ms. */
  lingerMs: number
  publish: (batch: LogBatch) => Promise<void>
  /** What was measured is being told; the disk may have refused it. */
  onFlushed: () => void
}

/** What this node has measured becomes part of its log: kept, then counted, then told. */
export class Writing {
  readonly #init: WritingInit
  #flushedMs: number
  /** Whether the journal took what it was given last. */
  #isKept = true

  constructor(init: WritingInit) {
    this.#init = init
    this.#flushedMs = init.clock.now()
  }

  /** False while a disk that fails holds up too much. */
  get hasRoom(): boolean {
    return this.#init.replica.drafts.length < MAX_DRAFTS
  }

  get isDue(): boolean {
    const { clock, replica, flushMs, batchProjections } = this.#init
    const sinceMs = clock.now() - this.#flushedMs

    return sinceMs >= flushMs || (this.#isKept && replica.drafts.length >= batchProjections && sinceMs >= PAUSE_MS)
  }

  /**
   * What the disk does not take stays a draft: a crash could take it back, and this node would write other bytes in its
   * place.
   */
  async flush(): Promise<void> {
    this.#flushedMs = this.#init.clock.now()
    const added = await this.#keep()
    this.#init.onFlushed()
    for (const batch of added) await this.#init.publish(batch)
  }

  /** The last projections, for which a disk that fails is waited for, but not for ever. */
  async flushAll(options: { signal: AbortSignal }): Promise<void> {
    const { clock, replica, lingerMs } = this.#init
    const untilMs = clock.now() + lingerMs
    await this.flush()
    while (replica.drafts.length > 0 && clock.now() < untilMs) {
      await this.pauseForDisk(options)
      await this.flush()
    }
    replica.dropDrafts() // nobody will ever hear of them
  }

  async pauseForDisk(options: { signal: AbortSignal }): Promise<void> {
    const { changes, replica } = this.#init
    const what = `the disk to take ${replica.drafts.length} projections`
    await changes.until(() => false, { kind: 'disk', what, from: [], timeoutMs: DISK_MS }, { ...options, quiet: true })
  }

  /** @returns what has become part of the log */
  async #keep(): Promise<LogBatch[]> {
    const { replica, keeping, self, signing } = this.#init
    const { ledger, drafts } = replica
    if (drafts.length === 0) return []
    const batches = ledger.sign(self, drafts, signing.sign)
    const added: LogBatch[] = []
    const onKept = (): void => {
      replica.dropDrafts()
      // else others brought this node's log as it went on elsewhere, meanwhile
      added.push(...batches.filter((batch) => ledger.accept(batch).kind === 'added'))
    }
    const records = batches.map((batch) => ({ batch }))
    this.#isKept = await keeping.write(records, onKept)
    if (this.#isKept && added.length < batches.length) await keeping.renew()

    return added
  }
}
