import type { Clock } from '../interface/clock.ts'
import type { Peer } from '../interface/network.ts'
import { decodeInvitation, type Right } from '../wire/invitation-codec.ts'
import { isPeerId } from '../wire/peer-key.ts'
import { BoundedMap } from './bounded-map.ts'
import { checkInvitation, checkMember, isNamed, isOpen, type MembershipCheck, type Standing } from './membership.ts'

export interface RosterInit extends MembershipCheck {
  clock: Clock
  /** Invitations remembered, of peers connected or not; the least recently learnt goes first. */
  maxMembers: number
  /** Unix time in ms. */
  wallClock: () => number
}

/** Names that are asked about; anyone can make some up. */
const MAX_WANTED = 256
/** Times that a name is asked about, each time of another peer, before it counts as made up. */
const MAX_ASKED = 8
/** After this long it is asked about anew: it may have been invited meanwhile. */
const FORGET_MS = 60_000

/**
 * The members that this node knows of, and their invitations. An invitation is no secret: it names the one peer that it
 * is for, so members hand on each other's, and know whose announcements and logs count before they have met.
 *
 * What was written counts for as long as the job runs, after the invitation has expired too: else two replicas that
 * heard of it before and after would never agree. Expiry ends connections.
 */
export class Roster {
  readonly #init: RosterInit
  readonly #members: BoundedMap<Peer, { token: Uint8Array; right: Right }>
  /** Who is said to have written something, and is not known; how often each was asked about, and since when. */
  readonly #wanted = new BoundedMap<Peer, { asked: number; sinceMs: number }>(MAX_WANTED)

  constructor(init: RosterInit) {
    this.#init = init
    this.#members = new BoundedMap(init.maxMembers)
  }

  get isOpen(): boolean {
    return isOpen(this.#init.policy)
  }

  /** Whether names alone decide, as they do where there is no owner: then others need not be let in as far as the hello. */
  isBarred(peer: Peer): boolean {
    const { policy } = this.#init

    return policy.owner === undefined && policy.allow !== undefined && !isNamed(policy, peer)
  }

  /** A peer that says hello, with what it presents. @throws {RejectedError} ERR_INVITE_* */
  admit(peer: Peer, token: Uint8Array | undefined): Standing {
    const standing = checkMember(this.#init, { peer, token, nowMs: this.#init.wallClock() })
    if (token !== undefined && !this.isOpen && !isNamed(this.#init.policy, peer))
      this.#keep(peer, token, standing.right)

    return standing
  }

  hasExpired({ untilMs }: Standing): boolean {
    return untilMs <= this.#init.wallClock()
  }

  /** Undefined for who is no member, as far as this node knows. */
  rightOf(peer: Peer): Right | undefined {
    if (this.isOpen || isNamed(this.#init.policy, peer)) return 'train'

    return this.#members.get(peer)?.right
  }

  /** Whether what this peer wrote may count: it was invited to train. One that is not known will be asked about. */
  mayTrain(peer: Peer): boolean {
    if (this.rightOf(peer) === 'train') return true

    this.#want(peer) // who was known as an observer may have been invited to train since
    return false
  }

  /** Members to ask somebody about now. */
  nextWanted(max: number): Peer[] {
    const due: Peer[] = []
    for (const [peer, wanted] of this.#wanted.entries()) {
      if (wanted.asked >= MAX_ASKED || due.length >= max) continue
      wanted.asked++
      due.push(peer)
    }

    return due
  }

  /** Nobody was asked after all, or did not answer. */
  takeBack(names: readonly Peer[]): void {
    for (const peer of names) {
      const wanted = this.#wanted.get(peer)
      if (wanted !== undefined && wanted.asked > 0) wanted.asked--
    }
  }

  tokenOf(peer: Peer): Uint8Array | undefined {
    return this.#members.get(peer)?.token
  }

  /** Somebody else's invitation, handed on. @throws {RejectedError} ERR_INVITE_* unless the owner has signed it */
  learn(token: Uint8Array): void {
    const { peer } = decodeInvitation(token).invitation
    const { right } = checkInvitation(this.#init, { peer, token })
    this.#keep(peer, token, right)
    if (right === 'train') this.#wanted.delete(peer)
  }

  /**
   * Once a peer has been invited to train, what it writes counts: whichever of its invitations two nodes come to know, and
   * in which order, they agree in the end.
   */
  #keep(peer: Peer, token: Uint8Array, right: Right): void {
    const known = this.#members.get(peer)
    if (known?.right === 'train' && right !== 'train') return

    // where both say the same, the first is as good
    if (known?.right !== right) this.#members.set(peer, { token, right })
  }

  #want(peer: Peer): void {
    const now = this.#init.clock.now()
    const wanted = this.#wanted.get(peer)
    if (wanted === undefined ? !isPeerId(peer) : now < wanted.sinceMs + FORGET_MS) return

    this.#wanted.set(peer, { asked: 0, sinceMs: now })
  }
}
