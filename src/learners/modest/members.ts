import type { Clock } from '../../interface/clock.ts'
import { RejectedError } from '../../interface/errors.ts'
import type { KnownMember } from '../../interface/learner.ts'
import type { MemberEntry, MemberRecord, MemberStatus } from '../../interface/membership.ts'
import type { Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { Rng } from '../../interface/rng.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { activeMembers, activityWindow } from '../../sampling/active.ts'
import { MemberView } from '../../sampling/member-view.ts'
import { MAX_VIEW_PAGE_MEMBERS } from '../../wire/limits.ts'
import { decodeViewPage, decodeViewQuery, encodeViewPage, encodeViewQuery } from '../../wire/modest-codec.ts'
import { MEMBERS_TOPIC, VIEW_PROTOCOL } from './protocol.ts'
import type { ModestState } from './state.ts'
import { SwarmRound } from './swarm-round.ts'

export interface MembersInit {
  network: Network
  clock: Clock
  rng: Rng
  /** Members that train in a round. */
  sample: number
  /** Rounds without a sign of life after which a member is not sampled; by the number of members when absent. */
  window: number | undefined
  /** Most members remembered. */
  maxMembers: number
  /** What an earlier life of this node knew. */
  earlier?: Pick<ModestState, 'swarmRound' | 'periodMs' | 'view'> | undefined
  onMember: (peer: Peer, status: MemberStatus, round: number) => void
  /** The swarm's round or somebody's membership is news. */
  onChange: () => void
}

/** Of what is believed of the swarm's round. */
const WITNESSES = 2
/** uint32 on the wire. */
const MAX_INDEX = 0xffff_ffff
/** Pages that one peer may fill: more members than a node remembers. */
const MAX_PAGES = 256
/** What was learnt in so many rounds travels with a model: old enough news has reached everybody. */
const NEWS_ROUNDS = 3
/** Activity is noted, and told, to such a part of the window after which a member counts as gone. */
const WINDOW_GRAINS = 8
const MAX_NEWS = 96
/** Rounds between two full views fetched because ours and a peer's differ: with many changes under way, they always do. */
const SYNC_ROUNDS = 8

/** A swarm of which this node saw a round in an earlier life, and none in this one, has stalled after so many periods. */
const RESUMED_STALLED_PERIODS = 5
const RESUMED_STALLED_MS = 10_000

/**
 * What this node knows of the members and of the swarm's round, kept by
 * what it hears, and its own membership. The rules are in `sampling/view`.
 */
export class Members {
  readonly view: MemberView
  readonly #init: MembersInit
  readonly #unsubscribe: Unsubscribe[] = []
  readonly #swarm: SwarmRound
  #index = 0
  #left = false
  #syncedAt = Number.NEGATIVE_INFINITY

  constructor(init: MembersInit) {
    const { network, clock, maxMembers, earlier } = init
    const view = { self: network.self, maxMembers }
    this.#init = init
    this.view = earlier === undefined ? new MemberView(view) : MemberView.fromJSON(earlier.view, view)
    this.#index = this.view.get(network.self)?.index ?? 0
    this.#swarm = new SwarmRound({ clock, earlier, witnesses: () => this.witnesses, onChange: () => init.onChange() })
  }

  /** The newest round known to have begun. */
  get round(): number {
    return this.#swarm.newest.round
  }

  /** How long a round usually takes; undefined before two were seen. */
  get periodMs(): number | undefined {
    return this.#swarm.newest.periodMs
  }

  /**
   * Of a node that goes on from an earlier life and has seen no new round yet: how long without one means that all have
   * stopped, and one must start the round again. Undefined once the swarm is seen to go on.
   */
  get resumedStallMs(): number | undefined {
    const { earlier } = this.#init
    if (earlier?.periodMs === undefined || this.round > earlier.swarmRound) return undefined

    return Math.max(RESUMED_STALLED_MS, RESUMED_STALLED_PERIODS * earlier.periodMs)
  }

  /** Since the newest round became known. */
  get sinceRoundMs(): number {
    return this.#init.clock.now() - this.#swarm.newest.atMs
  }

  /** How often this node's own membership has changed. */
  get index(): number {
    return this.#index
  }

  /** The newest round that a message may claim now. */
  get maxRound(): number {
    return this.#swarm.max
  }

  /** See {@link SwarmRound.plausible}. */
  plausibleRound(rush: number): number {
    return this.#swarm.plausible(rush)
  }

  /** The newest round that several peers, or this node alone, know to have begun. */
  get commonRound(): number {
    return this.#swarm.common
  }

  /** Peers that must say the same before it is believed: a single one may lie, unless there is but one. */
  get witnesses(): number {
    return Math.min(WITNESSES, this.view.size - 1)
  }

  /** Serves its view, and listens. The members at the start are those connected. */
  start(): void {
    const { network } = this.#init
    this.view.seed([network.self, ...network.peers()])
    this.#unsubscribe.push(
      network.subscribe(MEMBERS_TOPIC, this.#onAnnouncement),
      network.handle(VIEW_PROTOCOL, { request: async (from, bytes) => this.#onQuery(from, bytes) }),
      network.on('peer:connected', ({ peer }) => this.#onConnected(peer)),
      network.on('peer:disconnected', ({ peer }) => this.silent(peer))
    )
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
  }

  /**
   * Takes part. `rounds` is what some peers said of the swarm's: when it is on
   * its way already, this node fetches their views and joins, with a higher
   * index than it may have had before.
   */
  async join(rounds: ReadonlyMap<Peer, number>, options: AbortOptions): Promise<void> {
    const sorted = [...rounds.values()].sort((a, b) => a - b)
    // of several, the middle one, of two the lower: one that lies about the round does not lead us ahead of the others
    const round = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
    const own = (): MemberRecord | undefined => this.view.get(this.#init.network.self)
    // the others may have begun the first round a moment before; who took its leave in an earlier life says that it is back
    if (round <= 1 && own()?.status !== 'leave') return

    this.#swarm.agreed(round)
    for (const peer of rounds.keys()) await this.#fetchView(peer, options)
    await this.#announce('join', (own()?.index ?? 0) + 1, options)
  }

  async leave(options: AbortOptions): Promise<void> {
    this.#left = true
    await this.#announce('leave', this.#index + 1, options)
  }

  /** Members that may be sampled in `round`, and those that may be dead. */
  candidates(round: number): { active: Peer[]; suspected: Peer[] } {
    return activeMembers(this.view, { round, window: this.#window, self: this.#init.network.self })
  }

  /** Everyone who has not left, the dead included. */
  joined(): Peer[] {
    return [...this.view].flatMap(([peer, { status }]) => (status === 'join' ? peer : []))
  }

  /** Everyone, those who left included. */
  *known(): Generator<KnownMember> {
    for (const [peer, { status, lastActive }] of this.view) yield { peer, status, lastActive }
  }

  /** A peer says that `round` has begun. */
  claimed(peer: Peer, round: number): void {
    this.#swarm.claimed(peer, round)
  }

  /** This node has seen itself that `round` has begun. */
  observe(round: number): void {
    this.#swarm.observe(round)
  }

  /** A peer gave a sign of life. `index`, if it said so, is its own count of membership changes. */
  heard(peer: Peer, index?: number): void {
    const known = this.view.get(peer)
    if (known === undefined || (index !== undefined && index > known.index)) {
      this.#changed(this.view.join(peer, index ?? 0, this.round, this.round) ? [peer] : [])
    } else if (this.#isOldNews(known)) return
    this.view.touch(peer, this.round, this.round)
  }

  /** Known to be active lately, and not silent since: nobody would do anything else for knowing it to the round. */
  #isOldNews({ lastActive, lastSilent }: MemberRecord): boolean {
    return lastActive >= lastSilent && lastActive > this.round - this.#window / WINDOW_GRAINS
  }

  get #window(): number {
    const { window, sample } = this.#init

    return window ?? activityWindow(this.view.size, sample)
  }

  /** A peer did not answer, or its connection is gone. */
  silent(peer: Peer): void {
    if (this.view.get(peer) !== undefined) this.view.silence(peer, this.round, this.round)
  }

  /** What another member knows. */
  merge(entries: readonly MemberEntry[]): void {
    this.#changed(this.view.merge(entries, this.round))
  }

  /** The news that travels with a model. */
  news(): MemberEntry[] {
    return this.view.changedSince(this.round - NEWS_ROUNDS, MAX_NEWS)
  }

  /** Fetches a peer's whole view when ours and its differ in members, now and then. */
  async sync(peer: Peer, theirDigest: string, options: AbortOptions): Promise<void> {
    if (theirDigest === this.view.digest || this.round - this.#syncedAt < SYNC_ROUNDS) return

    this.#syncedAt = this.round
    await this.#fetchView(peer, options)
  }

  async #announce(status: MemberStatus, index: number, options: AbortOptions): Promise<void> {
    const { network } = this.#init
    this.#index = index
    if (status === 'join') this.view.join(network.self, index, this.round, this.round)
    else this.view.leave(network.self, index, this.round, this.round)
    await this.repeat(options)
  }

  /** Says once more what this node's own membership is: an announcement may get lost. */
  async repeat(options: AbortOptions): Promise<void> {
    const { network } = this.#init
    options.signal?.throwIfAborted()
    const own = { peer: network.self, ...this.view.get(network.self)! }
    await network.publish(MEMBERS_TOPIC, encodeViewPage({ round: this.round, members: [own], more: false }))
  }

  /** @returns the peer's estimate of the round; undefined when it can't be had */
  async #fetchView(peer: Peer, options: AbortOptions): Promise<number | undefined> {
    const { network } = this.#init
    let round: number | undefined
    let after: Peer | '' = ''
    try {
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const bytes = await network.request(peer, VIEW_PROTOCOL, encodeViewQuery({ after }), options)
        const { maxRound } = this
        const page = decodeViewPage(bytes, { maxRound, maxMemberRound: maxRound, after })
        this.merge(page.members)
        this.heard(peer)
        round = page.round
        if (!page.more) break
        after = page.last
      }
    } catch {
      // gone, busy, too old to know the protocol, or refused by the decoder: there are others
      options.signal?.throwIfAborted()
    }

    return round
  }

  #onQuery(from: Peer, bytes: Uint8Array): Uint8Array {
    const { after } = decodeViewQuery(bytes)
    // who asks is about to take part
    this.heard(from)
    const members = this.view.page(after, MAX_VIEW_PAGE_MEMBERS)

    return encodeViewPage({ round: this.round, members, more: members.length === MAX_VIEW_PAGE_MEMBERS })
  }

  readonly #onAnnouncement = (from: Peer, bytes: Uint8Array): void => {
    const { maxRound } = this
    const { members } = decodeViewPage(bytes, { maxRound, maxMemberRound: maxRound, after: '' })
    const [entry] = members
    if (members.length !== 1 || entry?.peer !== from) {
      throw new RejectedError('ERR_MEMBER_FORGED', 'penalise', 'an announcement of membership about somebody else')
    }
    this.merge(members)
    this.heard(from)
  }

  /** A newcomer that has not announced itself yet is nobody's member. One that is back is not silent any more. */
  #onConnected(peer: Peer): void {
    if (this.view.get(peer) !== undefined) this.view.touch(peer, this.round, this.round)
  }

  #changed(peers: readonly Peer[]): void {
    const { network, onMember, onChange } = this.#init
    for (const peer of peers) {
      const record = this.view.get(peer)
      if (record === undefined) continue
      if (peer === network.self) this.#refute(record.index, record.status)
      else onMember(peer, record.status, this.round)
    }
    if (peers.length > 0) onChange()
  }

  /** Somebody says that we left, or knows an earlier life of ours: we are here. */
  #refute(index: number, status: MemberStatus): void {
    // an index that can't be outbid is a lie that nothing can be done about here
    if (this.#left || index >= MAX_INDEX) return
    this.#index = Math.max(this.#index, index)
    if (status === 'leave') {
      this.#index = index + 1
      this.view.join(this.#init.network.self, this.#index, this.round, this.round)
    }
  }
}
