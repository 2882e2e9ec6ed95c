import type { Clock } from '../../interface/clock.ts'
import type { Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import { answerQuery, lacks, parted } from '../../spsa/ledger/answer.ts'
import { ledgerRejection } from '../../spsa/ledger/errors.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import { decodeLedgerQuery, encodeLedgerAnswer } from '../../wire/ledger-sync-codec.ts'
import type { LogBatch } from '../../wire/log-batch.ts'
import { decodeProjections, encodeProjections } from '../../wire/projections-codec.ts'
import { decodeSegmentQuery, encodeSegmentAnswer } from '../../wire/snapshot-codec.ts'
import type { Condition } from '../condition.ts'
import type { Tasks } from '../tasks.ts'
import { Asking } from './asking.ts'
import { Fetching, SYNC_PROTOCOL } from './fetching.ts'
import { forgive } from './forgive.ts'
import { Inquiries } from './inquiries.ts'
import { Intake, type IntakeInit } from './intake.ts'
import { Reasons } from './reasons.ts'
import { type PeerStanding, Standings } from './standings.ts'

export const PROJECTIONS_TOPIC = 'projections'
export const SEGMENT_PROTOCOL = 'spsa/segment'

export interface ExchangeInit extends Pick<IntakeInit, 'onNews' | 'onRejected'> {
  network: Network
  clock: Clock
  waits: WaitRegister
  tasks: Tasks
  /** Told of everything that could change what somebody waits for. */
  changes: Condition
  rng: Rng
  ledger: Ledger
  /** How long after one look for missing projections the next one comes, when nothing points to any. */
  syncMs: number
  /** This node writes no more projections. */
  isFinished: () => boolean
}

/**
 * Projections between nodes: new ones are published, and whoever misses some asks any neighbour. A log can be had of
 * anyone who has it, as its author has signed it.
 */
export class LedgerExchange {
  readonly #init: ExchangeInit
  readonly #unsubscribe: Unsubscribe[] = []
  readonly #standings: Standings
  readonly #reasons: Reasons
  readonly #intake: Intake
  readonly #inquiries: Inquiries
  readonly #fetching: Fetching

  constructor(init: ExchangeInit) {
    const { network, clock, waits, changes, rng, ledger, onNews, onRejected, syncMs } = init
    this.#init = init
    const asking = new Asking({ network, clock, waits })
    this.#standings = new Standings(init)
    this.#reasons = new Reasons({ network, clock, changes, rng, idleMs: syncMs })
    this.#intake = new Intake({
      network,
      ledger,
      changes,
      onNews,
      onRejected,
      onGap: (from) => this.#reasons.wake(from),
      onUnproven: (from, author) => this.#inquiries.begin(from, author)
    })
    this.#inquiries = this.#newInquiries(asking)
    const [intake, reasons, standings] = [this.#intake, this.#reasons, this.#standings]
    this.#fetching = new Fetching({ ...init, asking, intake, reasons, standings })
  }

  start(): void {
    const { network, changes } = this.#init
    this.#unsubscribe.push(
      network.subscribe(PROJECTIONS_TOPIC, this.#onProjections),
      network.handle(SYNC_PROTOCOL, { request: this.#onQuery }),
      network.handle(SEGMENT_PROTOCOL, { request: this.#onSegmentQuery }),
      network.on('peer:connected', ({ peer }) => {
        this.#standings.joins(peer)
        this.#reasons.wake(peer)
      }),
      network.on('peer:disconnected', ({ peer }) => {
        this.#standings.leaves(peer)
        this.#reasons.forget(peer)
        this.#inquiries.forget(peer)
        changes.notify()
      })
    )
    this.#standings.lookAround()
    for (const peer of network.peers()) this.#reasons.add(peer)
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
  }

  /** What a peer said of itself last; undefined before it has, and of who left before it was through. */
  standingOf(peer: Peer): PeerStanding | undefined {
    return this.#standings.of(peer)
  }

  /** Whether somebody has left who was through, and had the same set as this node has. */
  get hasMet(): boolean {
    return this.#standings.hasMet
  }

  /**
   * Tells each neighbour, once, that this node is through, and what it has: nobody has to wait for who has left.
   *
   * @returns whether all knew
   */
  async tellAll(signal: AbortSignal): Promise<boolean> {
    const { untold } = this.#standings
    await Promise.all(untold.map((peer) => this.sync(peer, signal)))

    return untold.length === 0
  }

  async publish(batch: LogBatch): Promise<void> {
    await this.#init.network.publish(PROJECTIONS_TOPIC, encodeProjections(batch))
  }

  /** See {@link Fetching.run}. */
  run(signal: AbortSignal): Promise<void> {
    return this.#fetching.run(signal)
  }

  /** See {@link Fetching.syncAll}. */
  syncAll(signal: AbortSignal): Promise<void> {
    return this.#fetching.syncAll(signal)
  }

  /** Fetches from a peer all that it has and this node has not. @returns false when it could not be had */
  sync(peer: Peer, signal: AbortSignal): Promise<boolean> {
    return this.#fetching.sync(peer, signal)
  }

  #newInquiries(asking: Asking): Inquiries {
    const { network, clock, tasks, ledger, onRejected } = this.#init

    return new Inquiries({
      network,
      clock,
      tasks,
      ledger,
      ask: (peer, message, signal) =>
        asking.ask(peer, { protocol: SEGMENT_PROTOCOL, message, what: 'part of a log' }, signal),
      // with this author out of the way, the peer may have more to say
      onProof: (from, proof) => {
        if (this.#intake.takeProof(proof)) this.#reasons.wake(from)
      },
      onFailure: (from, error, signal) => forgive(from, error, { signal, onRejected })
    })
  }

  readonly #onProjections = (author: Peer, bytes: Uint8Array): 'enough' | undefined => {
    const { kind } = this.#intake.take(author, decodeProjections(author, bytes))
    // an author that is not connected can't be asked why: at least nobody hears it from here
    if (kind === 'unproven') {
      throw ledgerRejection('ERR_LEDGER_SIGNATURE', 'ignore', 'projections that do not fit the log', { author })
    }
    const isNear = this.#init.network.peers().includes(author)

    return isNear && this.#standings.differing.length === 0 ? 'enough' : undefined
  }

  readonly #onQuery = async (from: Peer, bytes: Uint8Array): Promise<Uint8Array> => {
    const { ledger } = this.#init
    const query = decodeLedgerQuery(bytes)
    this.#standings.note(from, query)
    if (lacks(ledger, query)) this.#reasons.claim(from)
    for (const author of parted(ledger, query)) this.#inquiries.begin(from, author)
    const missing = answerQuery(ledger, query)

    return encodeLedgerAnswer({ ...this.#standings.tell(from), ...missing })
  }

  readonly #onSegmentQuery = async (_from: Peer, bytes: Uint8Array): Promise<Uint8Array> => {
    const { author, index } = decodeSegmentQuery(bytes)

    return encodeSegmentAnswer(this.#init.ledger.segmentOf(author, index))
  }
}
