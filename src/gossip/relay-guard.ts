import type { CircuitRelayTransportComponents } from '@libp2p/circuit-relay-v2'
import type { Connection } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'
import { overriding } from './overriding.ts'

type Components = CircuitRelayTransportComponents
type Registrar = Components['registrar']

/**
 * Components for libp2p's relay client that let streams through from chosen connections only: as it comes, it takes
 * connections from any peer that offers some, and asks that peer to be its relay.
 */
export function servingOnly(components: Components, mayOpen: (connection: Connection) => boolean): Components {
  const { registrar } = components
  const handle: Registrar['handle'] = (protocol, handler, options) =>
    registrar.handle(
      protocol,
      async (stream, connection) => {
        if (!mayOpen(connection)) throw new CodedError('ERR_PEER_UNKNOWN', 'not a relay of ours')
        await handler(stream, connection)
      },
      options
    )

  return overriding(components, { registrar: overriding(registrar, { handle }) })
}
