import type { Network, Peer, Unsubscribe } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'
import { createProbe } from '../../sampling/availability.ts'
import { PeerOrder } from '../../sampling/order.ts'
import { decodePing, decodePong, encodePing, encodePong, type Pong } from '../../wire/modest-codec.ts'
import { Asking, type PingOptions } from './asking.ts'
import type { Members } from './members.ts'
import type { Patience } from './patience.ts'
import { PING_PROTOCOL } from './protocol.ts'
import { MAX_ROUND } from './round-estimate.ts'

export interface SamplerInit {
  network: Network
  waits: WaitRegister
  members: Members
  patience: Patience
  hash: 'sha256' | 'md5'
  /** Size of an encoded model of the job. */
  modelBytes: number
  /** What this node answers to a ping. */
  pong: () => Pong
  onPong: (peer: Peer, pong: Pong) => void
}

/** With most members dead, one replacement after another is asked; then the round goes on with who is there. */
const SAMPLE_TIMEOUT_MS = 60_000
/** Weight of the newest ping in the estimate of how many peers don't answer. */
const GAIN = 0.05
/** However many are dead, no more than four candidates are asked for each one wanted. */
const MAX_SILENT_FRACTION = 0.75

/** Finds, without a coordinator, the members whose turn it is: the first of the round's order that answer. */
export class Sampler {
  readonly #init: SamplerInit
  #unhandle: Unsubscribe | undefined
  #silentFraction = 0

  constructor(init: SamplerInit) {
    this.#init = init
  }

  start(): void {
    const { network, members, pong } = this.#init
    this.#unhandle = network.handle(PING_PROTOCOL, {
      request: async (from, bytes) => {
        const ping = decodePing(bytes, { maxRound: members.maxRound })
        members.claimed(from, ping.round)
        members.heard(from, ping.index)
        return encodePong(pong())
      }
    })
  }

  stop(): void {
    this.#unhandle?.()
  }

  /** The first `count` of the round's order by this node's view, asking nobody. */
  expected(round: number, count: number): Peer[] {
    const { members, hash } = this.#init

    return new PeerOrder(members.candidates(round).active, { round, hash }).take(count)
  }

  /**
   * The first `count` of the order of `round` that answer a ping, in that
   * order; fewer when nobody else is left. This node counts as available.
   */
  async available(round: number, count: number, options: AbortOptions): Promise<Peer[]> {
    const { network, waits, members, hash } = this.#init
    const { active, suspected } = members.candidates(round)
    const first = new PeerOrder(active, { round, hash })
    const last = new PeerOrder(suspected, { round, hash })
    const probe = createProbe({
      // the suspected are asked when everyone else has been
      next: () => first.next() ?? last.next(),
      self: network.self,
      count,
      margin: this.#margin(count)
    })
    if (probe.done) return probe.result()

    const spec: WaitSpec = {
      kind: 'answer',
      what: `${count} members whose turn it is in round ${round} to answer`,
      from: probe.pending(),
      timeoutMs: SAMPLE_TIMEOUT_MS
    }
    const { signal } = options
    const asking = new Asking({ probe, ping: (peer, pinging) => this.ping(peer, pinging), signal })
    try {
      await waits.run(spec, () => asking.run(), options)
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error
    } finally {
      asking.end()
    }

    return probe.result()
  }

  /** @returns whether the peer answered; that it did or did not is noted */
  async ping(peer: Peer, options: PingOptions): Promise<boolean> {
    const pong = await this.ask(peer, options)
    if (options.signal?.aborted === true) return false
    this.#silentFraction += ((pong === undefined ? 1 : 0) - this.#silentFraction) * GAIN
    if (pong === undefined) this.#init.members.silent(peer)

    return pong !== undefined
  }

  /** A ping of which only an answer is noted: undefined when there was none. */
  async ask(peer: Peer, options: PingOptions): Promise<Pong | undefined> {
    const { members, onPong } = this.#init
    const pong = await this.#exchange(peer, () => members.maxRound, options)
    if (pong === undefined) return undefined
    members.claimed(peer, pong.round)
    members.heard(peer, pong.index)
    onPong(peer, pong)

    return pong
  }

  /** What a peer says of the swarm's round, whatever that is: a newcomer has no other to hold it against. */
  async roundOf(peer: Peer, options: AbortOptions): Promise<number | undefined> {
    return (await this.#exchange(peer, () => MAX_ROUND, options))?.round
  }

  async #exchange(peer: Peer, maxRound: () => number, { signal, onLate }: PingOptions): Promise<Pong | undefined> {
    const { network, members, patience, modelBytes } = this.#init
    const { round, index } = members
    const bytes = encodePing({ round, index })
    const answer = await patience
      .ask((ended) => network.request(peer, PING_PROTOCOL, bytes, { signal: ended }), signal, onLate)
      .catch(() => undefined)
    // nobody waits for it any more, or nobody answered
    if (answer === undefined || typeof answer === 'string') return undefined
    try {
      return decodePong(answer, { maxRound: maxRound(), bytes: modelBytes })
    } catch {
      // it does not speak our language: as good as silent
      return undefined
    }
  }

  #margin(count: number): number {
    const silent = Math.min(MAX_SILENT_FRACTION, this.#silentFraction)

    return Math.round((count * silent) / (1 - silent))
  }
}
