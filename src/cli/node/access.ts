import { type NodeAccess, readInvitation } from '../../node/membership.ts'
import { readNetworkKey } from '../../node/network-key.ts'
import type { NodeSettings } from '../../node/settings/table.ts'

/** What shows that this node may come in. @throws {CodedError} ERR_INVITE_*, ERR_KEY_* */
export async function readAccess({ invite, networkKey }: NodeSettings): Promise<NodeAccess> {
  return {
    ...(invite === undefined ? {} : { invitation: await readInvitation(invite) }),
    ...(networkKey === undefined ? {} : { networkKey: await readNetworkKey(networkKey) })
  }
}
