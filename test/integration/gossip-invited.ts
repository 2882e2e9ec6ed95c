import type { PrivateKey } from '@libp2p/interface'
import { generateKey, peerOf } from '../../src/gossip/key.ts'
import type { GossipNetwork, MembershipInit } from '../../src/gossip/network.ts'
import type { Peer } from '../../src/interface/network.ts'
import { createVerify, keySigning } from '../../src/node/signing.ts'
import { encodeInvitation, type Invitation, invitationStatement } from '../../src/wire/invitation-codec.ts'
import { JOB, jobIdOf, type NodeInit, startNode } from './gossip-nodes.ts'

const DAY = 86_400

/** A swarm by invitation, of the tests' job. */
export interface InvitedSwarm {
  readonly owner: PrivateKey
  /** A token, signed by the owner, as valid as can be but for what is given. */
  invite: (peer: Peer, changes?: Partial<Invitation> & { signer?: PrivateKey }) => Uint8Array
  membership: (invitation?: Uint8Array) => MembershipInit
  /** A member that is running. */
  start: (init?: NodeInit & { invitation?: Partial<Invitation> }) => Promise<GossipNetwork>
}

export async function invitedSwarm(allow?: readonly Peer[]): Promise<InvitedSwarm> {
  const owner = await generateKey()
  const policy = { owner: peerOf(owner), ...(allow === undefined ? {} : { allow }) }
  const now = Math.floor(Date.now() / 1000)

  const invite: InvitedSwarm['invite'] = (peer, { signer = owner, ...changes } = {}) => {
    const standard = { jobId: jobIdOf(JOB), peer, notBefore: now, expires: now + DAY, right: 'train' as const }
    const bytes = encodeInvitation({ ...standard, ...changes })

    return Buffer.concat([bytes, keySigning(signer).sign(invitationStatement(bytes))])
  }
  const membership: InvitedSwarm['membership'] = (invitation) => ({
    policy,
    verify: createVerify(),
    ...(invitation === undefined ? {} : { invitation })
  })
  const start: InvitedSwarm['start'] = async ({ invitation, ...init } = {}) => {
    const privateKey = init.privateKey ?? (await generateKey())

    return startNode({ ...init, privateKey, membership: membership(invite(peerOf(privateKey), invitation)) })
  }

  return { owner, invite, membership, start }
}
