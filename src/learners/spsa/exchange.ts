import type { Clock } from '../../interface/clock.ts'
import type { RejectedError } from '../../interface/errors.ts'
import type { Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import { answerQuery, lacks, parted } from '../../spsa/ledger/answer.ts'
import { ledgerRejection } from '../../spsa/ledger/errors.ts'
import type { Acceptance, Ledger } from '../../spsa/ledger/ledger.ts'
import {
  decodeLedgerAnswer,
  decodeLedgerQuery,
  encodeLedgerAnswer,
  encodeLedgerQuery,
  type LedgerAnswer
} from '../../wire/ledger-sync-codec.ts'
import type { Equivocation, LogBatch } from '../../wire/log-batch.ts'
import { decodeProjections, encodeProjections } from '../../wire/projections-codec.ts'
import { decodeSegmentQuery, encodeSegmentAnswer } from '../../wire/snapshot-codec.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod } from '../adaptive-deadline.ts'
import type { Condition } from '../condition.ts'
import { judged } from '../judged.ts'
import type { Tasks } from '../tasks.ts'
import { forgive } from './forgive.ts'
import { Inquiries } from './inquiries.ts'
import { neighbourhood } from './neighbourhood.ts'

export const PROJECTIONS_TOPIC = 'projections'
export const SYNC_PROTOCOL = 'spsa/sync'
export const SEGMENT_PROTOCOL = 'spsa/segment'

/** Of an answer: it comes at once, but lines are slow and machines busy. */
const ANSWER = { initialMs: 15_000, minMs: 2_000, maxMs: 30_000 }
/** A neighbour that takes longer is not waited for alone. */
const NEXT_MS = 2_000
/** For the other neighbours' words, once one has said what it has. */
const REST_MS = 3_000
/** Answers in a row from one peer: as much as 64 KiB each, then others get their turn. */
const MAX_TURNS = 64
/** For these: who is slow gets another turn after the others. */
const TURNS_MS = 60_000
/** Of connected peers and others: beyond that, who leaves is forgotten. */
const MAX_STANDINGS = 1024
/** A look that finds nothing makes the next one come so much later, up to the whole factor. */
const CALM = { step: 2, most: 8 }
/** Batches of one answer that may turn out to be signed by nobody, each of another author: to find out costs time. */
const MAX_UNPROVEN = 4

export interface ExchangeInit {
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
  /** Something new of a peer, to be kept; the ledger has it already. */
  onNews: (news: { batch: LogBatch } | { proof: Equivocation }) => void
  onRejected: (peer: Peer, error: RejectedError) => void
}

/** What a peer said of itself last. */
export interface PeerStanding {
  readonly setHash: string
  readonly isFinished: boolean
  readonly neighbourhood: number
}

/**
 * Projections between nodes: new ones are published, and whoever misses some asks any neighbour. A log can be had of
 * anyone who has it, as its author has signed it.
 */
export class LedgerExchange {
  readonly #init: ExchangeInit
  readonly #unsubscribe: Unsubscribe[] = []
  /** Of connected peers, and of some that have left when they were through. */
  readonly #standings = new Map<Peer, PeerStanding>()
  /** Set that connected peers were told of last, by who had written all that it would. */
  readonly #told = new Map<Peer, string>()
  /** Connected peers that are said to have what is missing here. */
  readonly #due = new Set<Peer>()
  /** Connected peers that said that they have what is missing here, and have not been asked since. */
  readonly #claims = new Set<Peer>()
  /** Until when the word of connected peers that had nothing new after all is no reason to ask them. */
  readonly #idleMs = new Map<Peer, number>()
  readonly #inquiries: Inquiries
  #answer: DeadlineState = initDeadline(ANSWER)
  /** Of this node. */
  #neighbourhood = 0
  /** From 1, nothing is known, to the most. */
  #calmness = 1

  constructor(init: ExchangeInit) {
    this.#init = init
    const { network, clock, tasks, ledger } = init
    this.#inquiries = new Inquiries({
      network,
      clock,
      tasks,
      ledger,
      ask: (peer, query, signal) =>
        this.#request(peer, SEGMENT_PROTOCOL, query, 'part of a log', signal, (answer) => answer),
      // with this author out of the way, the peer may have more to say
      onProof: (from, proof) => {
        if (this.#acceptProof(proof)) this.#wake(from)
      },
      onFailure: (from, error, signal) => forgive(from, error, { signal, onRejected: this.#init.onRejected })
    })
  }

  start(): void {
    const { network, changes } = this.#init
    this.#unsubscribe.push(
      network.subscribe(PROJECTIONS_TOPIC, this.#onProjections),
      network.handle(SYNC_PROTOCOL, { request: this.#onQuery }),
      network.handle(SEGMENT_PROTOCOL, { request: this.#onSegmentQuery }),
      network.on('peer:connected', ({ peer }) => {
        this.#standings.delete(peer) // it may have begun another life
        this.#lookAround()
        this.#wake(peer)
      }),
      network.on('peer:disconnected', ({ peer }) => {
        this.#leaves(peer)
        this.#lookAround()
        changes.notify()
      })
    )
    this.#lookAround()
    for (const peer of network.peers()) this.#due.add(peer)
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
  }

  /** What a peer said of itself last; undefined before it has, and of who left before it was through. */
  standingOf(peer: Peer): PeerStanding | undefined {
    return this.#standings.get(peer)
  }

  /** Whether somebody has left who was through, and had the same set as this node has. */
  get hasMet(): boolean {
    const peers = this.#init.network.peers()
    for (const [peer, { setHash }] of this.#standings) {
      if (setHash === this.#init.ledger.setHash && !peers.includes(peer)) return true
    }

    return false
  }

  /**
   * Tells each neighbour, once, that this node is through, and what it has: nobody has to wait for who has left.
   *
   * @returns whether all knew
   */
  async tellAll(signal: AbortSignal): Promise<boolean> {
    const { network, ledger } = this.#init
    const untold = network.peers().filter((peer) => this.#told.get(peer) !== ledger.setHash)
    await Promise.all(untold.map((peer) => this.sync(peer, signal)))

    return untold.length === 0
  }

  async publish(batch: LogBatch): Promise<void> {
    await this.#init.network.publish(PROJECTIONS_TOPIC, encodeProjections(batch))
  }

  /**
   * Looks for what is missing, at one neighbour after the other, until the signal aborts: the less often, the longer
   * nothing was. A gap, and what others ask for, are reasons to look at once.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, network, syncMs, rng } = this.#init
    while (!signal.aborted) {
      const spec = {
        what: 'a reason to ask a peer for projections',
        from: () => network.peers(),
        timeoutMs: syncMs * this.#calm() * (0.5 + rng.uniform())
      }
      await changes.until(() => this.#due.size > 0, spec, { signal, quiet: true })
      const peer = [...this.#due][0] ?? this.#anyPeer()
      if (peer !== undefined) await this.sync(peer, signal)
    }
  }

  /**
   * Fetches what neighbours have: from one, and from another when that takes long; once one has answered, little is
   * missing, and the rest are asked at once and not waited for long.
   */
  async syncAll(signal: AbortSignal): Promise<void> {
    const { network, rng, tasks, changes } = this.#init
    const asked = new Set<Peer>()
    let hasAnswer = false
    const until = (holds: () => boolean, timeoutMs: number): Promise<boolean> => {
      const spec = { what: 'neighbours to say what they have', from: () => [...asked], timeoutMs }
      return changes.until(() => asked.size === 0 || holds(), spec, { signal, quiet: true })
    }
    for (const peer of rng.shuffle([...network.peers()])) {
      asked.add(peer)
      tasks.spawn(async (within) => {
        hasAnswer = (await this.sync(peer, within)) || hasAnswer
        asked.delete(peer)
        changes.notify()
      })
      await until(() => hasAnswer, NEXT_MS)
    }
    await until(() => hasAnswer, ANSWER.maxMs)
    await until(() => false, REST_MS)
  }

  /** Fetches from a peer all that it has and this node has not. @returns false when it could not be had */
  async sync(peer: Peer, signal: AbortSignal): Promise<boolean> {
    this.#due.delete(peer)
    const spec = { what: 'all projections that a peer has', from: [peer], timeoutMs: TURNS_MS }
    try {
      await this.#init.waits.run(spec, (within) => this.#fetchFrom(peer, within), { signal })
      return true
    } catch (error) {
      forgive(peer, error, { signal, onRejected: this.#init.onRejected })
      return false
    }
  }

  async #fetchFrom(peer: Peer, signal: AbortSignal): Promise<void> {
    const { clock, syncMs } = this.#init
    const isClaimed = this.#claims.delete(peer)
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const answer = await this.#ask(peer, signal)
      if (this.#take(peer, answer)) continue
      if (isClaimed && turn === 0 && this.#isConnected(peer)) this.#idleMs.set(peer, clock.now() + syncMs)
      this.#calmness = turn > 0 ? 1 : Math.min(CALM.step * this.#calmness, CALM.most)
      return
    }
    this.#wake(peer)
  }

  async #ask(peer: Peer, signal: AbortSignal): Promise<LedgerAnswer> {
    const { network, ledger } = this.#init
    const query = encodeLedgerQuery({ ...this.#standingFor(peer), logs: ledger.states })

    return this.#request(peer, SYNC_PROTOCOL, query, 'projections that a peer has', signal, (bytes) => {
      const answer = judged(network, peer, () => decodeLedgerAnswer(bytes))
      this.#stands(peer, answer)
      return answer
    })
  }

  /** @returns whether there may be more */
  #take(peer: Peer, { batches, proofs }: LedgerAnswer): boolean {
    const { network, ledger } = this.#init
    const unproven = new Set<Peer>()
    let isNew = false
    judged(network, peer, () => {
      for (const proof of proofs) {
        if (ledger.hasPlaceFor(proof.author)) isNew = this.#acceptProof(proof) || isNew
      }
      for (const batch of batches) {
        // what comes after a batch that does not fit does not fit either
        if (unproven.has(batch.author) || unproven.size >= MAX_UNPROVEN || !ledger.hasPlaceFor(batch.author)) continue
        const { kind } = this.#accept(peer, batch)
        if (kind === 'unproven') unproven.add(batch.author)
        isNew = kind === 'added' || isNew
      }
    })

    return isNew
  }

  /** @throws {RejectedError} */
  #accept(from: Peer, batch: LogBatch): Acceptance {
    const { ledger, onNews, changes } = this.#init
    const outcome = ledger.accept(batch)
    if (outcome.kind === 'added') {
      onNews({ batch })
      changes.notify()
    } else if (outcome.kind === 'gap') this.#wake(from)
    else if (outcome.kind === 'unproven') this.#inquiries.begin(from, batch.author)
    else if (outcome.kind === 'equivocation') this.#acceptProof(outcome.proof)

    return outcome
  }

  /** @throws {RejectedError} ERR_EQUIVOCATION_INVALID */
  #acceptProof(proof: Equivocation): boolean {
    const { ledger, onNews, onRejected, changes } = this.#init
    if (!ledger.acceptProof(proof)) return false
    onNews({ proof })
    const { author } = proof
    // no misdeed against the network: a node that lost its disk does it too, and may still carry what others write
    const error = ledgerRejection('ERR_LEDGER_EQUIVOCATION', 'ignore', 'two signed logs of one author', { author })
    onRejected(author, error)
    changes.notify()

    return true
  }

  #isConnected(peer: Peer): boolean {
    return this.#init.network.peers().includes(peer)
  }

  async #request<T>(
    peer: Peer,
    protocol: string,
    message: Uint8Array,
    what: string,
    signal: AbortSignal,
    read: (answer: Uint8Array) => T
  ): Promise<T> {
    const { network, waits, clock } = this.#init
    const sinceMs = clock.now()
    const ask = (within: AbortSignal): Promise<Uint8Array> =>
      network.request(peer, protocol, message, { signal: within })
    const spec = { what, from: [peer], timeoutMs: deadlineMs(this.#answer) }
    const answer = await waits.run(spec, ask, { signal })
    this.#answer = observePeriod(this.#answer, clock.now() - sinceMs)

    return read(answer)
  }

  /** Asks this peer soon, or another when it is not connected: its words may have come through others. */
  #wake(peer: Peer): void {
    const { network, changes, rng } = this.#init
    const peers = network.peers()
    if (peers.length === 0) return
    this.#due.add(peers.includes(peer) ? peer : peers[rng.below(peers.length)]!)
    changes.notify()
  }

  /** Its word that it has more is a reason to ask it, unless it had nothing a moment ago. */
  #claim(peer: Peer): void {
    if (this.#init.clock.now() < (this.#idleMs.get(peer) ?? 0)) return
    if (this.#isConnected(peer)) this.#claims.add(peer)
    this.#wake(peer)
  }

  #stands(peer: Peer, { setHash, isFinished, neighbourhood: around }: PeerStanding): void {
    const { network, changes } = this.#init
    if (!network.peers().includes(peer)) return
    this.#standings.set(peer, { setHash, isFinished, neighbourhood: around })
    changes.notify()
  }

  /** Connected peers are bounded, those that have left are not. */
  #leaves(peer: Peer): void {
    this.#told.delete(peer)
    this.#due.delete(peer)
    this.#claims.delete(peer)
    this.#idleMs.delete(peer)
    this.#inquiries.forget(peer)
    if (this.#standings.get(peer)?.isFinished !== true || this.#standings.size > MAX_STANDINGS) {
      this.#standings.delete(peer)
    }
  }

  #standingFor(peer: Peer): PeerStanding {
    const { network, ledger, isFinished } = this.#init
    const standing = { setHash: ledger.setHash, isFinished: isFinished(), neighbourhood: this.#neighbourhood }
    if (standing.isFinished && network.peers().includes(peer)) this.#told.set(peer, standing.setHash)

    return standing
  }

  #lookAround(): void {
    const { network } = this.#init
    this.#neighbourhood = neighbourhood(network.self, network.peers())
  }

  /** One by chance, of those whose neighbourhood is another as far as is known, if there are such. */
  #anyPeer(): Peer | undefined {
    const { network, rng } = this.#init
    const others = network.peers().filter((peer) => this.#differs(peer))
    const peers = others.length > 0 ? others : network.peers()

    return peers.length === 0 ? undefined : peers[rng.below(peers.length)]
  }

  /** While others have other neighbours, there is something to tell them. */
  #calm(): number {
    return this.#init.network.peers().some((peer) => this.#differs(peer)) ? 1 : this.#calmness
  }

  #differs(peer: Peer): boolean {
    return this.#standings.get(peer)?.neighbourhood !== this.#neighbourhood
  }

  readonly #onProjections = (author: Peer, bytes: Uint8Array): 'enough' | undefined => {
    const { kind } = this.#accept(author, decodeProjections(author, bytes))
    // an author that is not connected can't be asked why: at least nobody hears it from here
    if (kind === 'unproven') {
      throw ledgerRejection('ERR_LEDGER_SIGNATURE', 'ignore', 'projections that do not fit the log', { author })
    }
    const peers = this.#init.network.peers()

    return peers.includes(author) && !peers.some((peer) => this.#differs(peer)) ? 'enough' : undefined
  }

  readonly #onQuery = async (from: Peer, bytes: Uint8Array): Promise<Uint8Array> => {
    const { ledger } = this.#init
    const query = decodeLedgerQuery(bytes)
    this.#stands(from, query)
    if (lacks(ledger, query)) this.#claim(from)
    for (const author of parted(ledger, query)) this.#inquiries.begin(from, author)
    const missing = answerQuery(ledger, query)

    return encodeLedgerAnswer({ ...this.#standingFor(from), ...missing })
  }

  readonly #onSegmentQuery = async (_from: Peer, bytes: Uint8Array): Promise<Uint8Array> => {
    const { author, index } = decodeSegmentQuery(bytes)

    return encodeSegmentAnswer(this.#init.ledger.segmentOf(author, index))
  }
}
