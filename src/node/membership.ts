import { readFile } from 'node:fs/promises'
import type { PrivateKey } from '@libp2p/interface'
import { peerOf } from '../gossip/key.ts'
import { checkMember, isNamed, isOpen } from '../gossip/membership.ts'
import type { MembershipInit } from '../gossip/network.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { parseInvitationText } from '../wire/invitation-codec.ts'
import { type Job, jobId } from './job.ts'
import { createVerify } from './signing.ts'

/** What a node was given to show that it may come in. */
export interface NodeAccess {
  /** Where the job's swarm is by invitation. */
  readonly invitation?: Uint8Array
  /** Bytes of the file with the key of a private network. */
  readonly networkKey?: Uint8Array
}

export interface OwnMembership {
  self: Peer
  verify: Signing['verify']
  /** What this node was given to show. */
  invitation?: Uint8Array
  /** Unix time in ms. */
  nowMs: number
}

/** An invitation is a line of at most 250 characters. */
const MAX_TEXT = 4096

/**
 * Who belongs to a job's swarm, for the network; this node does.
 *
 * @throws {CodedError} ERR_INVITE_* when it does not: it could only be turned away by everyone
 */
export function membershipOf(job: Job, { self, verify, invitation, nowMs }: OwnMembership): MembershipInit {
  const { membership: policy = {} } = job
  if (isOpen(policy) || isNamed(policy, self)) return { policy, verify }

  try {
    checkMember({ policy, jobId: jobId(job), verify }, { peer: self, token: invitation, nowMs })
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error
    throw new CodedError(
      error.code,
      `${REASONS[error.code] ?? error.message}: ${remedy(error.code, self)}`,
      error.details
    )
  }

  return { policy, verify, ...(invitation === undefined ? {} : { invitation }) }
}

/**
 * What the network of a node is to know of that.
 *
 * @throws {CodedError} ERR_INVITE_*
 */
export function networkAccess(
  job: Job,
  { access, privateKey, nowMs }: { access: NodeAccess; privateKey: PrivateKey; nowMs: number }
): { membership: MembershipInit; networkKey?: Uint8Array } {
  const { invitation, networkKey } = access
  const own = { self: peerOf(privateKey), verify: createVerify(), nowMs }
  const membership = membershipOf(job, { ...own, ...(invitation === undefined ? {} : { invitation }) })

  return { membership, ...(networkKey === undefined ? {} : { networkKey }) }
}

/** A token as `starling invite` prints it, or the path of a file that holds one. @throws {CodedError} ERR_INVITE_* */
export async function readInvitation(textOrPath: string): Promise<Uint8Array> {
  const isPath = !/^[\w-]+$/.test(textOrPath.trim())
  const text = isPath ? await readText(textOrPath) : textOrPath
  try {
    return parseInvitationText(text)
  } catch (cause) {
    const where = isPath ? textOrPath : 'the invitation'
    throw new CodedError(
      'ERR_INVITE_MALFORMED',
      `${where} is not what "starling invite" prints: copy the whole line`,
      {},
      { cause }
    )
  }
}

async function readText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'latin1')).slice(0, MAX_TEXT)
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = isMissing ? 'no invitation, and there is no such file' : describeSystemError(cause)
    throw new CodedError('ERR_INVITE_UNREADABLE', `${path}: ${reason}`, {}, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_INVITE_UNLISTED: 'the job lists its members, and this node is not among them',
  ERR_INVITE_MISSING: 'the job is by invitation, and this node has none',
  ERR_INVITE_MALFORMED: 'the invitation of this node is damaged',
  ERR_INVITE_RIGHTS: 'the invitation of this node is from a later version of Starling',
  ERR_INVITE_JOB: 'the invitation of this node is for another job, or for this one before it was changed',
  ERR_INVITE_BORROWED: 'the invitation is for another node',
  ERR_INVITE_FORGED: "the invitation of this node is not signed by the job's owner",
  ERR_INVITE_EARLY: 'the invitation of this node is not valid yet, by the clock of this machine',
  ERR_INVITE_EXPIRED: 'the invitation of this node has expired, by the clock of this machine'
}

function remedy(code: string, self: Peer): string {
  if (code === 'ERR_INVITE_UNLISTED') return `have ${self} added to membership.allow, on all nodes`

  return `ask the owner to run "starling invite --owner-key FILE --job JOB --peer ${self}", and start with --invite TOKEN`
}
