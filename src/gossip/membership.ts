import { RejectedError, type Verdict } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'
import { decodeInvitation, type Invitation, type Right } from '../wire/invitation-codec.ts'

/** Who belongs to a swarm; with neither of the two it is open. Part of the job. */
export interface MembershipPolicy {
  /** Whoever this peer's key has signed an invitation for belongs to it, and the peer itself. */
  readonly owner?: Peer
  /** These belong to it. */
  readonly allow?: readonly Peer[]
}

export type InviteRejectCode =
  | 'ERR_INVITE_UNLISTED'
  | 'ERR_INVITE_MISSING'
  | 'ERR_INVITE_JOB'
  | 'ERR_INVITE_BORROWED'
  | 'ERR_INVITE_FORGED'
  | 'ERR_INVITE_EARLY'
  | 'ERR_INVITE_EXPIRED'

/** What a member may do, and until when. */
export interface Standing {
  readonly right: Right
  /** Unix time in ms; infinite for those on the list. */
  readonly untilMs: number
}

export interface MembershipCheck {
  readonly policy: MembershipPolicy
  readonly jobId: string
  readonly verify: Signing['verify']
}

/** Clocks of honest machines differ: an invitation counts so long before it says. After its end it never does. */
export const CLOCK_SKEW_MS = 600_000

const MEMBER: Standing = Object.freeze({ right: 'train', untilMs: Number.POSITIVE_INFINITY })

export function isOpen({ owner, allow }: MembershipPolicy): boolean {
  return owner === undefined && allow === undefined
}

/** Whether a peer belongs to the swarm by its name alone. */
export function isNamed({ owner, allow }: MembershipPolicy, peer: Peer): boolean {
  return peer === owner || allow?.includes(peer) === true
}

/**
 * Whether a peer may come in, with the invitation that it presents; it has proved that it is this peer.
 *
 * @param nowMs - Unix time in ms
 * @throws {RejectedError} ERR_INVITE_*
 */
export function checkMember(
  check: MembershipCheck,
  { peer, token, nowMs }: { peer: Peer; token: Uint8Array | undefined; nowMs: number }
): Standing {
  const { policy } = check
  if (isOpen(policy) || isNamed(policy, peer)) return MEMBER
  if (policy.owner === undefined) throw rejection('ERR_INVITE_UNLISTED', 'ignore', { peer })
  if (token === undefined) throw rejection('ERR_INVITE_MISSING', 'ignore', { peer })

  const { notBefore, expires, right } = checkInvitation(check, { peer, token })
  if (nowMs + CLOCK_SKEW_MS < notBefore * 1000) throw rejection('ERR_INVITE_EARLY', 'ignore', { peer, notBefore })
  if (nowMs >= expires * 1000) throw rejection('ERR_INVITE_EXPIRED', 'ignore', { peer, expires })

  return { right, untilMs: expires * 1000 }
}

/**
 * Whether the owner has signed this for this peer and job, whenever it is valid. The cheap tests come first: the names
 * in it are signed too.
 *
 * @throws {RejectedError} ERR_INVITE_MALFORMED, _RIGHTS, _JOB, _BORROWED, _FORGED
 */
export function checkInvitation(
  { policy, jobId, verify }: MembershipCheck,
  { peer, token }: { peer: Peer; token: Uint8Array }
): Invitation {
  const { invitation, statement, signature } = decodeInvitation(token)
  if (invitation.jobId !== jobId) throw rejection('ERR_INVITE_JOB', 'ignore', { peer })
  if (invitation.peer !== peer) throw rejection('ERR_INVITE_BORROWED', 'penalise', { peer })
  if (policy.owner === undefined || !verify(policy.owner, statement, signature)) {
    throw rejection('ERR_INVITE_FORGED', 'penalise', { peer })
  }

  return invitation
}

function rejection(
  code: InviteRejectCode,
  verdict: Verdict,
  details: Record<string, string | number>
): RejectedError<InviteRejectCode> {
  return new RejectedError(code, verdict, `not let in: ${code}`, details)
}
