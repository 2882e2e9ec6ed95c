import type { PrivateKey } from '@libp2p/interface'
import { generateKey, keyFromBytes, keyToBytes, peerOf } from '../gossip/key.ts'
import { checkInvitation } from '../gossip/membership.ts'
import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { createKeyFile, readKeyFile } from '../store/key-file.ts'
import {
  decodeInvitation,
  encodeInvitation,
  type Invitation,
  invitationStatement,
  invitationText,
  type Right
} from '../wire/invitation-codec.ts'
import { isPeerId } from '../wire/peer-key.ts'
import { type Job, jobId } from './job.ts'
import { readInvitation } from './membership.ts'
import { createVerify, keySigning } from './signing.ts'

export type { Right } from '../wire/invitation-codec.ts'

const WHAT = "owner's key"

export interface InviteOptions {
  /** The owner's key file. */
  ownerKey: string
  job: Job
  /** Where the job came from, for messages. */
  jobPath: string
  peer: Peer
  right: Right
  /** Unix time in ms. */
  nowMs: number
  untilMs: number
}

/**
 * Makes an owner's key, in a file of mode 0600. @returns the owner's name, for `membership.owner` of a job
 * @throws {CodedError} ERR_KEY_UNREADABLE
 */
export async function createOwner(path: string): Promise<Peer> {
  const key = await generateKey()
  await createKeyFile(path, keyToBytes(key), WHAT)

  return peerOf(key)
}

/**
 * An invitation for one peer, as a line of text.
 *
 * @throws {InvalidConfigError} when the job does not name this owner, or the peer is none; {CodedError} ERR_KEY_*
 */
export async function invite(options: InviteOptions): Promise<string> {
  const { ownerKey, job, jobPath, peer, right, nowMs, untilMs } = options
  const key = decode(ownerKey, await readKeyFile(ownerKey, WHAT))
  checkOwner(job, peerOf(key), { jobPath, ownerKey })
  if (!isPeerId(peer)) throw new InvalidConfigError(`"${peer}" is no peer id: "starling id" on that machine prints it`)

  const [notBefore, expires] = [Math.floor(nowMs / 1000), Math.floor(untilMs / 1000)]
  if (expires <= notBefore) throw new InvalidConfigError('an invitation that has expired already invites nobody')
  const bytes = encodeInvitation({ jobId: jobId(job), peer, notBefore, expires, right })
  const signature = keySigning(key).sign(invitationStatement(bytes))

  return invitationText(Buffer.concat([bytes, signature]))
}

/**
 * What an invitation says. With the job of it, also whether that job's owner has signed it.
 *
 * @throws {CodedError} ERR_INVITE_*
 */
export async function inspectInvitation(textOrPath: string, job?: Job): Promise<Invitation> {
  const token = await readInvitation(textOrPath)
  const { invitation } = decodeInvitation(token)
  if (job === undefined) return invitation

  const check = { policy: job.membership ?? {}, jobId: jobId(job), verify: createVerify() }

  return checkInvitation(check, { peer: invitation.peer, token })
}

function decode(path: string, bytes: Uint8Array): PrivateKey {
  try {
    return keyFromBytes(bytes)
  } catch (cause) {
    const reason = (cause as Error).message
    const remedy = 'put a copy in its place: another key is another owner, and so another job'
    throw new CodedError('ERR_KEY_MALFORMED', `${WHAT} ${path}: ${reason}: ${remedy}`, {}, { cause })
  }
}

function checkOwner(job: Job, owner: Peer, { jobPath, ownerKey }: { jobPath: string; ownerKey: string }): void {
  const named = job.membership?.owner
  if (named === owner) return
  if (named === undefined) {
    throw new InvalidConfigError(
      `${jobPath} has no owner: write "membership: { owner: ${owner} }" into it, and give it to all nodes`
    )
  }

  throw new InvalidConfigError(`${jobPath} has the owner ${named}, and ${ownerKey} is the key of ${owner}`)
}
