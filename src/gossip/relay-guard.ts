import type { CircuitRelayTransportComponents } from '@libp2p/circuit-relay-v2'
import type { Connection } from '@libp2p/interface'
import { CodedError } from '../interface/errors.ts'

type Components = CircuitRelayTransportComponents
type Registrar = Components['registrar']

/**
 * Components for libp2p's relay client that let streams through from chosen connections only: as it comes, it takes
 * connections from any peer that offers some, and asks that peer to be its relay.
 */
export function servingOnly(components: Components, mayOpen: (connection: Connection) => boolean): Components {
  const guarded = registrarServingOnly(components.registrar, mayOpen)

  // libp2p's components are a proxy themselves: they can be neither copied nor spread
  return new Proxy(components, {
    get: (target, name) => (name === 'registrar' ? guarded : Reflect.get(target, name))
  })
}

function registrarServingOnly(registrar: Registrar, mayOpen: (connection: Connection) => boolean): Registrar {
  const handle: Registrar['handle'] = (protocol, handler, options) =>
    registrar.handle(
      protocol,
      async (stream, connection) => {
        if (!mayOpen(connection)) throw new CodedError('ERR_PEER_UNKNOWN', 'not a relay of ours')
        await handler(stream, connection)
      },
      options
    )

  return new Proxy(registrar, {
    get: (target, name) => {
      if (name === 'handle') return handle
      const member: unknown = Reflect.get(target, name)

      return typeof member === 'function' ? member.bind(target) : member
    }
  })
}
