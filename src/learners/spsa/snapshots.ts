import type { Clock } from '../../interface/clock.ts'
import { RejectedError } from '../../interface/errors.ts'
import type { ModelRef, Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import type { WaitRegister, WaitSpec } from '../../interface/waits.ts'
import type { Replica } from '../../spsa/replica.ts'
import { accHash, decodeSnapshot, encodeSnapshot, maxSnapshotBytes, type Snapshot } from '../../spsa/snapshot.ts'
import { decodeLedgerQuery, encodeLedgerQuery, type LedgerQuery } from '../../wire/ledger-sync-codec.ts'
import {
  decodeSnapshotAnswer,
  decodeVouch,
  encodeSnapshotAnswer,
  encodeVouch,
  type Vouch
} from '../../wire/snapshot-codec.ts'
import { judged } from '../judged.ts'
import { forgive } from './forgive.ts'

export const SNAPSHOT_PROTOCOL = 'spsa/snapshot'
export const VOUCH_PROTOCOL = 'spsa/vouch'

/** For how long a snapshot is offered to whoever asks next; a newer one costs a pass over the state, and compressing it. */
const KEEP_MS = 30_000
/** Work to make a snapshot, or to vouch for one, see `Replica.costAt`: about a second, in which nothing else is done. */
const MAX_WORK = 4e9
/** Between two vouches, so that whoever asks on and on does not get all of this node's time. */
const VOUCH_PAUSE_MS = 500
/** And so many times as long as it took to answer: no more than a fifth of this node's time goes there. */
const VOUCH_REST = 4
/** A newcomer asks a peer so often. */
const VOUCH_TURNS = 3
/** For a peer to vouch, which takes it a second at most. */
const VOUCH_MS = 5_000
/** Asking for a snapshot, which is then made. */
const ASK_MS = 10_000
const PULL_MS = 300_000
/** Peers that are asked for a snapshot, one after the other. */
const MAX_SOURCES = 3

export interface SnapshotsInit {
  network: Network
  clock: Clock
  waits: WaitRegister
  rng: Rng
  replica: Replica
  /** Peers, besides the one it comes from, that must come to the same state before a snapshot is taken. */
  vouchers: number
  /** Fetches the logs that a snapshot is of, from whom it comes. */
  fetchLogs: (from: Peer, signal: AbortSignal) => Promise<boolean>
  onAdopted: (from: Peer, projections: number, vouchers: number) => void
  onRejected: (peer: Peer, error: RejectedError) => void
}

/**
 * States for those who are far behind: to take over a state is faster than to go through all projections that lead to
 * it. A state can't be checked without going through them, so others, who went, must vouch for it. Each of them undoes
 * on a copy what it has and the snapshot has not, as integers allow, and compares bits.
 *
 * One contrary word is enough to refuse a snapshot, and to take the long way, through the log: a neighbour that lies can
 * make a newcomer slow, and never wrong.
 */
export class Snapshots {
  readonly #init: SnapshotsInit
  readonly #unsubscribe: Unsubscribe[] = []
  #offered: { ref: ModelRef; untilMs: number } | undefined
  /** Until then nobody is vouched for: it takes this node's time. */
  #vouchMs = 0

  constructor(init: SnapshotsInit) {
    this.#init = init
  }

  start(): void {
    const { network } = this.#init
    this.#unsubscribe.push(
      network.handle(SNAPSHOT_PROTOCOL, { request: this.#onAsked }),
      network.handle(VOUCH_PROTOCOL, { request: this.#onVouchAsked })
    )
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
    if (this.#offered !== undefined) this.#init.network.withdraw(this.#offered.ref.hash)
    this.#offered = undefined
  }

  /** Takes a state from one of the peers that the others vouch for. @returns false when there is none to be had */
  async adopt(signal: AbortSignal): Promise<boolean> {
    const { network, rng, replica, onAdopted } = this.#init
    const sources = rng.shuffle([...network.peers()]).slice(0, MAX_SOURCES)
    for (const source of sources) {
      const snapshot = await this.#fetch(source, signal)
      const vouched = snapshot === undefined ? undefined : await this.#vouched(source, snapshot, signal)
      if (snapshot === undefined || vouched === undefined) continue

      replica.adopt(snapshot)
      const projections = snapshot.logs.reduce((sum, { length }) => sum + length, 0)
      onAdopted(source, projections, vouched)
      return true
    }

    return false
  }

  async #fetch(from: Peer, signal: AbortSignal): Promise<Snapshot | undefined> {
    const { network, waits, replica } = this.#init
    const maxBytes = maxSnapshotBytes(replica.dim)
    try {
      const asked: WaitSpec = { kind: 'answer', what: 'a snapshot', from: [from], timeoutMs: ASK_MS }
      const answer = await waits.run(
        asked,
        (within) => network.request(from, SNAPSHOT_PROTOCOL, new Uint8Array(0), { signal: within }),
        { signal }
      )
      const ref = judged(network, from, () => decodeSnapshotAnswer(answer, maxBytes))
      if (ref === undefined) return undefined
      const pulled: WaitSpec = { kind: 'transfer', what: 'a snapshot to arrive', from: [from], timeoutMs: PULL_MS }
      const bytes = await waits.run(pulled, (within) => network.pull(from, ref, { signal: within }), { signal })

      return judged(network, from, () => decodeSnapshot(bytes, replica.dim))
    } catch (error) {
      forgive(from, error, { signal, onRejected: this.#init.onRejected })
      return undefined
    }
  }

  /** How many others come to this state from the logs that it names, which are here; undefined when it is not taken. */
  async #vouched(source: Peer, snapshot: Snapshot, signal: AbortSignal): Promise<number | undefined> {
    const { network, replica, vouchers, fetchLogs } = this.#init
    if (replica.ledger.setHashOf(snapshot.logs) === undefined) await fetchLogs(source, signal)
    if (replica.ledger.setHashOf(snapshot.logs) !== snapshot.setHash) return undefined

    const hash = accHash(snapshot.acc)
    const others = network.peers().filter((peer) => peer !== source)
    const vouched = new Map<Peer, string>()
    const ask = async (peer: Peer): Promise<void> => {
      const word = await this.#askVouch(peer, snapshot, () => vouched.size >= vouchers, signal)
      if (word?.kind === 'vouched') vouched.set(peer, word.accHash)
    }
    await Promise.all(others.map(ask))
    const contrary = [...vouched.keys()].filter((peer) => vouched.get(peer) !== hash)
    if (contrary.length > 0) this.#refuse(source, contrary, vouched.size)

    return contrary.length === 0 && vouched.size >= vouchers ? vouched.size : undefined
  }

  /** One side lies, or is broken: the operator hears of both. */
  #refuse(source: Peer, contrary: readonly Peer[], words: number): void {
    const { onRejected } = this.#init
    const differing = contrary.length
    const message = `${differing} of ${words} peers come to another state than this snapshot`
    onRejected(source, new RejectedError('ERR_SNAPSHOT_REFUSED', 'ignore', message, { differing }))
    for (const peer of contrary) {
      const other = `comes to another state than a snapshot of ${source}`
      onRejected(peer, new RejectedError('ERR_VOUCH_CONTRARY', 'ignore', other, { source }))
    }
  }

  /** Asks again who has too much to do, is about to have the set, or was not heard, unless enough others have vouched. */
  async #askVouch(
    peer: Peer,
    snapshot: Snapshot,
    isEnough: () => boolean,
    signal: AbortSignal
  ): Promise<Vouch | undefined> {
    const { waits, clock, rng } = this.#init
    const what = 'a peer to find time to vouch for a snapshot'
    for (let turn = 1; ; turn++) {
      const word = await this.#askOnce(peer, snapshot, signal)
      if (word?.kind === 'vouched' || turn === VOUCH_TURNS || isEnough()) return word
      const pauseMs = VOUCH_PAUSE_MS * (1 + rng.uniform())
      const pause = (within: AbortSignal): Promise<void> => clock.sleep(pauseMs, { signal: within })
      await waits.run({ kind: 'back-off', what, from: [peer], timeoutMs: 2 * pauseMs }, pause, { signal })
    }
  }

  async #askOnce(peer: Peer, { setHash, logs }: Snapshot, signal: AbortSignal): Promise<Vouch | undefined> {
    const { network, waits } = this.#init
    const query = encodeLedgerQuery({ setHash, isFinished: false, neighbourhood: 0, logs })
    const spec: WaitSpec = { kind: 'answer', what: 'a peer to vouch for a snapshot', from: [peer], timeoutMs: VOUCH_MS }
    try {
      const ask = (within: AbortSignal): Promise<Uint8Array> =>
        network.request(peer, VOUCH_PROTOCOL, query, { signal: within })
      const answer = await waits.run(spec, ask, { signal })

      return judged(network, peer, () => decodeVouch(answer))
    } catch (error) {
      forgive(peer, error, { signal, onRejected: this.#init.onRejected })
      return undefined
    }
  }

  readonly #onAsked = async (): Promise<Uint8Array> => encodeSnapshotAnswer(this.#offer())

  #offer(): ModelRef | undefined {
    const { network, clock, replica } = this.#init
    if (this.#offered !== undefined && clock.now() < this.#offered.untilMs) return this.#offered.ref
    // who is far behind hands on what it made last, if it has made any
    if (replica.ledger.total === 0 || replica.settlingCost > MAX_WORK) return this.#offered?.ref

    const ref = network.offer(encodeSnapshot(replica.snapshot()))
    if (this.#offered !== undefined && this.#offered.ref.hash !== ref.hash) network.withdraw(this.#offered.ref.hash)
    this.#offered = { ref, untilMs: clock.now() + KEEP_MS }

    return ref
  }

  readonly #onVouchAsked = async (_from: Peer, bytes: Uint8Array): Promise<Uint8Array> => {
    const { replica, clock } = this.#init
    const query = decodeLedgerQuery(bytes)
    const sinceMs = clock.now()
    if (sinceMs < this.#vouchMs) return encodeVouch({ kind: 'busy' })

    const vouch = vouchFor(replica, query)
    const nowMs = clock.now()
    this.#vouchMs = nowMs + Math.max(VOUCH_REST * (nowMs - sinceMs), vouch.kind === 'vouched' ? VOUCH_PAUSE_MS : 0)

    return encodeVouch(vouch)
  }
}

/** What this node comes to from a set of logs, if it has them and it is not too much work. */
function vouchFor(replica: Replica, { setHash, logs }: LedgerQuery): Vouch {
  if (replica.ledger.setHashOf(logs) !== setHash) return { kind: 'behind' }
  if (replica.costAt(logs) > MAX_WORK) return { kind: 'busy' }
  const hash = replica.hashAt(logs)

  return hash === undefined ? { kind: 'behind' } : { kind: 'vouched', accHash: hash }
}
