import type { Clock } from '../interface/clock.ts'
import { RejectedError } from '../interface/errors.ts'
import type { Network, Peer, Unsubscribe } from '../interface/network.ts'
import {
  decodeInvitations,
  decodeInvitationsQuery,
  encodeInvitations,
  encodeInvitationsQuery
} from '../wire/invitations-codec.ts'
import { MAX_INVITATIONS } from '../wire/limits.ts'
import type { Judge } from './judge.ts'
import type { Roster } from './roster.ts'

export interface InvitationExchangeComponents {
  network: Pick<Network, 'peers' | 'request' | 'handle'>
  roster: Roster
  judge: Judge
  clock: Clock
  /** Random numbers of [0, 1). */
  uniform: () => number
  onError: (error: unknown) => void
}

const PROTOCOL = 'invitations'
/** Between two questions: a newcomer hears of all that have written at once. */
const ASK_MS = 250

/** In a swarm by invitation: learns of members that this node has not met, from those who have. */
export class InvitationExchange {
  readonly #components: InvitationExchangeComponents
  #running: AbortController | undefined
  #ended: Unsubscribe | undefined

  constructor(components: InvitationExchangeComponents) {
    this.#components = components
  }

  start(): void {
    if (this.#running !== undefined || this.#components.roster.isOpen) return

    const { network } = this.#components
    this.#running = new AbortController()
    this.#ended = network.handle(PROTOCOL, { request: async (_, bytes) => this.#answer(bytes), forObservers: true })
    this.#loop(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  stop(): void {
    this.#running?.abort(new Error('exchange of invitations stopped'))
    this.#running = undefined
    this.#ended?.()
    this.#ended = undefined
  }

  #answer(bytes: Uint8Array): Uint8Array {
    const tokens = decodeInvitationsQuery(bytes).map((peer) => this.#components.roster.tokenOf(peer))

    return encodeInvitations(tokens.filter((token) => token !== undefined))
  }

  async #loop(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#components.clock.sleep(ASK_MS, { signal })
      const peers = this.#components.network.peers()
      if (peers.length === 0) continue

      const names = this.#components.roster.nextWanted(MAX_INVITATIONS)
      if (names.length > 0) await this.#ask(peers, names, signal)
    }
  }

  async #ask(peers: readonly Peer[], names: readonly Peer[], signal: AbortSignal): Promise<void> {
    const { network, roster, uniform, onError } = this.#components
    const peer = peers[Math.floor(uniform() * peers.length)]!
    try {
      this.#learn(peer, await network.request(peer, PROTOCOL, encodeInvitationsQuery(names), { signal }))
    } catch (error) {
      signal.throwIfAborted()
      roster.takeBack(names)
      onError(error) // `request` has applied the verdict, if there is one
    }
  }

  #learn(from: Peer, bytes: Uint8Array): void {
    const { roster, judge, onError } = this.#components
    try {
      for (const token of decodeInvitations(bytes)) roster.learn(token)
    } catch (error) {
      if (error instanceof RejectedError) judge.reject(from, error)
      else onError(error)
    }
  }
}
