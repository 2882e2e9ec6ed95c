import type { RejectedError } from '../../interface/errors.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import { decodeLedgerAnswer, encodeLedgerQuery, type LedgerAnswer } from '../../wire/ledger-sync-codec.ts'
import type { Condition } from '../condition.ts'
import { judged } from '../judged.ts'
import type { Tasks } from '../tasks.ts'
import { ANSWER, type Asking } from './asking.ts'
import { forgive } from './forgive.ts'
import type { Intake } from './intake.ts'
import type { Reasons } from './reasons.ts'
import type { Standings } from './standings.ts'

export const SYNC_PROTOCOL = 'spsa/sync'

/** A neighbour that takes longer is not waited for alone. */
const NEXT_MS = 2_000
/** For the other neighbours' words, once one has said what it has. */
const REST_MS = 3_000
/** Answers in a row from one peer: as much as 64 KiB each, then others get their turn. */
const MAX_TURNS = 64
/** For these: who is slow gets another turn after the others. */
const TURNS_MS = 60_000
/** For all that neighbours have, at the start: who has not come to the end by then trains on what it has. */
const LOGS_MS = 600_000
/** A look that finds nothing makes the next one come so much later, up to the whole factor. */
const CALM = { step: 2, most: 8 }

export interface FetchingInit {
  network: Network
  waits: WaitRegister
  tasks: Tasks
  changes: Condition
  rng: Rng
  ledger: Ledger
  asking: Asking
  intake: Intake
  reasons: Reasons
  standings: Standings
  /** Between two looks for what is missing, when nothing points to any. */
  syncMs: number
  onRejected: (peer: Peer, error: RejectedError) => void
}

/** How fetching from a peer ended: with all that it has, with more to come, or with nothing. */
type Fetched = 'all' | 'some' | 'nothing'

/** Fetches the logs that others have and this node has not, from any neighbour: authors have signed them. */
export class Fetching {
  readonly #init: FetchingInit
  /** From 1, nothing is known, to the most. */
  #calmness = 1
  /** Answers that had something new. */
  #news = 0

  constructor(init: FetchingInit) {
    this.#init = init
  }

  /**
   * Looks for what is missing, at one neighbour after the other, until the signal aborts: the less often, the longer
   * nothing was. A gap, and what others ask for, are reasons to look at once.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, network, syncMs, rng, reasons } = this.#init
    while (!signal.aborted) {
      const spec: WaitSpec = {
        kind: 'turn',
        what: 'a reason to ask a peer for projections',
        from: () => network.peers(),
        timeoutMs: syncMs * this.#calm() * (0.5 + rng.uniform())
      }
      await changes.until(() => reasons.hasAny, spec, { signal, quiet: true })
      const peer = reasons.first ?? this.#anyPeer()
      if (peer !== undefined) await this.sync(peer, signal)
    }
  }

  /**
   * Fetches what neighbours have: from one, and from another when that takes long; once one has answered, little is
   * missing, and the rest are asked at once and not waited for long. Who has more than fits into a turn is asked on.
   */
  async syncAll(signal: AbortSignal): Promise<void> {
    const { network, waits } = this.#init
    const from = (): readonly Peer[] => network.peers()
    const spec: WaitSpec = { kind: 'projections', what: 'the logs of all', from, timeoutMs: LOGS_MS }
    try {
      await waits.run(spec, (within) => this.#syncAll(within), { signal })
    } catch (error) {
      if (signal.aborted || !(error instanceof WaitTimeoutError)) throw error
    }
  }

  async #syncAll(signal: AbortSignal): Promise<void> {
    const { network, rng, tasks, changes } = this.#init
    const asked = new Set<Peer>()
    const richer: Peer[] = []
    let hasAnswer = false
    const until = (holds: () => boolean, timeoutMs: number): Promise<boolean> => {
      const spec: WaitSpec = {
        kind: 'answer',
        what: 'neighbours to say what they have',
        from: () => [...asked],
        timeoutMs
      }
      return changes.until(() => asked.size === 0 || holds(), spec, { signal, quiet: true })
    }
    for (const peer of rng.shuffle([...network.peers()])) {
      asked.add(peer)
      tasks.spawn(async (within) => {
        const fetched = await this.#fetch(peer, within)
        hasAnswer ||= fetched !== 'nothing'
        if (fetched === 'some') richer.push(peer)
        asked.delete(peer)
        changes.notify()
      })
      await until(() => hasAnswer, NEXT_MS)
    }
    // one that is slow is waited for as long as it brings something
    for (let seen = -1; seen !== this.#news && !hasAnswer; ) {
      seen = this.#news
      await until(() => hasAnswer, ANSWER.maxMs)
    }
    await until(() => false, REST_MS)
    for (let peer = richer.shift(); peer !== undefined; peer = richer.shift()) {
      while ((await this.#fetch(peer, signal)) === 'some');
    }
  }

  /** Fetches from a peer all that it has and this node has not. @returns false when it could not be had */
  async sync(peer: Peer, signal: AbortSignal): Promise<boolean> {
    return (await this.#fetch(peer, signal)) !== 'nothing'
  }

  async #fetch(peer: Peer, signal: AbortSignal): Promise<Fetched> {
    const { reasons, waits, onRejected } = this.#init
    const from = { peer, news: 0 }
    reasons.remove(peer)
    const spec: WaitSpec = {
      kind: 'projections',
      what: 'all projections that a peer has',
      from: [peer],
      timeoutMs: TURNS_MS
    }
    try {
      return await waits.run(spec, (within) => this.#fetchFrom(from, within), { signal })
    } catch (error) {
      forgive(peer, error, { signal, onRejected })
      return from.news > 0 ? 'some' : 'nothing'
    }
  }

  /** @param from - whom to ask, and how many of its answers had something new: counted here */
  async #fetchFrom(from: { peer: Peer; news: number }, signal: AbortSignal): Promise<Fetched> {
    const { reasons, intake } = this.#init
    const { peer } = from
    const isClaimed = reasons.takeClaim(peer)
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const answer = await this.#ask(peer, signal)
      if (intake.takeAnswer(peer, answer)) {
        from.news++
        this.#news++
        continue
      }
      if (isClaimed && turn === 0) reasons.disbelieve(peer)
      this.#calmness = turn > 0 ? 1 : Math.min(CALM.step * this.#calmness, CALM.most)
      return 'all'
    }
    reasons.wake(peer)

    return 'some'
  }

  async #ask(peer: Peer, signal: AbortSignal): Promise<LedgerAnswer> {
    const { network, ledger, asking, standings } = this.#init
    const message = encodeLedgerQuery({ ...standings.tell(peer), logs: ledger.states })
    const what = 'projections that a peer has'
    const bytes = await asking.ask(peer, { protocol: SYNC_PROTOCOL, message, what }, signal)
    const answer = judged(network, peer, () => decodeLedgerAnswer(bytes))
    standings.note(peer, answer)

    return answer
  }

  /** One by chance, of those whose neighbourhood is another, if there are such. */
  #anyPeer(): Peer | undefined {
    const { network, rng, standings } = this.#init
    const others = standings.differing
    const peers = others.length > 0 ? others : network.peers()

    return peers.length === 0 ? undefined : peers[rng.below(peers.length)]
  }

  /** While others have other neighbours, there is something to tell them. */
  #calm(): number {
    return this.#init.standings.differing.length > 0 ? 1 : this.#calmness
  }
}
