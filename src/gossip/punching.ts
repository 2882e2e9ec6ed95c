import { dcutr } from '@libp2p/dcutr'
import type { Connection, IdentifyResult, Transport } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { scopeOf } from './address-scope.ts'
import type { Host } from './host.ts'
import { overriding } from './overriding.ts'

type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]
type Dial = Transport['dial']
type DialOptions = Parameters<Dial>[1]
type Upgrader = DialOptions['upgrader']
type DcutrFactory = ReturnType<typeof dcutr>
type DcutrComponents = Parameters<DcutrFactory>[0]
type AddressManager = DcutrComponents['addressManager']
type ConnectionManager = DcutrComponents['connectionManager']

/** Ports that systems keep for outgoing connections. */
const FIRST_PORT = 49_152
const LAST_PORT = 65_535
/** Places where routers have shown us, one for each relay; more are no use to who dials them. */
const MAX_SEEN = 4
/** The same two ends are connected, or were a moment ago. */
const BUSY = new Set(['EADDRNOTAVAIL', 'EADDRINUSE'])

/**
 * What libp2p's hole punching lacks to work over TCP: it dials from a port that changes each time, so that nobody knows
 * which one a router will let an answer through to, and both ends speak first. Here all connections to public addresses
 * leave from one port; what a relay sees of it is where the other end dials, at the moment when this one dials too.
 */
export class Punching {
  readonly #uniform: () => number
  #port: number
  /** Connections that left from our port, and have a router's idea of it at their other end. */
  readonly #fromPort = new WeakSet<Connection>()
  /** Our address as each of those last dialled has seen it. */
  readonly #seen = new Map<string, string>()
  /** Addresses that are dialled as the one who answers; bounded by the dials under way. */
  readonly #answering = new Set<string>()

  /** @param uniform - random numbers of [0, 1) */
  constructor(uniform: () => number) {
    this.#uniform = uniform
    this.#port = this.#newPort()
  }

  /** TCP, from one port where that leads out of the network. */
  readonly over = (make: TransportFactory): TransportFactory => {
    return (components) => {
      const transport = make(components)
      const dial: Dial = (address, options) => this.#dial(transport.dial.bind(transport), address, options)

      return overriding(transport, { dial })
    }
  }

  /** libp2p's service, told where we are seen, and that one end is to answer. */
  get service(): DcutrFactory {
    const make = dcutr()

    return (components) => {
      const { addressManager, connectionManager } = components
      const getAddresses: AddressManager['getAddresses'] = () => [...addressManager.getAddresses(), ...this.addresses()]
      const openConnection: ConnectionManager['openConnection'] = (to, options) => {
        const open = (): Promise<Connection> => connectionManager.openConnection(to, options)
        return options?.initiator === false ? this.#answer(to, open) : open()
      }

      return make(
        overriding(components, {
          addressManager: overriding(addressManager, { getAddresses }),
          connectionManager: overriding(connectionManager, { openConnection })
        })
      )
    }
  }

  /** Learns from peers where they see us. @returns ends it */
  watch(host: Host): () => void {
    const onIdentify = ({ detail: { connection, observedAddr } }: CustomEvent<IdentifyResult>): void => {
      const seen = observedAddr?.toString()
      if (seen === undefined || !this.#fromPort.has(connection) || scopeOf(seen) !== 'public') return
      this.#see(connection.remotePeer.toString(), `${placeOf(seen)}/p2p/${host.peerId}`)
    }
    host.addEventListener('peer:identify', onIdentify)

    return () => {
      host.removeEventListener('peer:identify', onIdentify)
      this.#seen.clear()
    }
  }

  /** Where the other end may dial us: what our port looks like from outside. */
  addresses(): Multiaddr[] {
    return [...new Set(this.#seen.values())].map((address) => multiaddr(address))
  }

  /** The latest count: a line gets a new address now and then, and nobody can fill this with made-up ones for good. */
  #see(by: string, address: string): void {
    this.#seen.delete(by)
    this.#seen.set(by, address)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > MAX_SEEN) this.#seen.delete(oldest!)
  }

  async #answer(to: unknown, open: () => Promise<Connection>): Promise<Connection> {
    const places = (Array.isArray(to) ? to : [to]).map((each) => placeOf(String(each)))
    for (const place of places) this.#answering.add(place)
    try {
      return await open()
    } finally {
      for (const place of places) this.#answering.delete(place)
    }
  }

  async #dial(dial: Dial, address: Multiaddr, options: DialOptions): Promise<Connection> {
    const text = address.toString()
    if (scopeOf(text) !== 'public') return dial(address, options)

    const role = this.#answering.has(placeOf(text)) ? answering(options) : options
    const fromPort = { ...role, localPort: this.#port } // which libp2p hands on to the socket
    try {
      const connection = await dial(address, fromPort)
      this.#fromPort.add(connection)
      return connection
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined || !BUSY.has(code)) throw error
      if (code === 'EADDRINUSE') {
        this.#port = this.#newPort()
        this.#seen.clear() // all of the old port
      }
      return dial(address, role)
    }
  }

  #newPort(): number {
    return FIRST_PORT + Math.floor(this.#uniform() * (LAST_PORT - FIRST_PORT + 1))
  }
}

/** Dials, and then behaves as who was dialled, in all layers: both ends think that they dialled, which none can do with. */
function answering(options: DialOptions): DialOptions {
  const { upgrader } = options
  const upgradeOutbound: Upgrader['upgradeOutbound'] = (connection, upgrade) =>
    upgrader.upgradeOutbound(Object.assign(connection, { direction: 'inbound' }), { ...upgrade, initiator: false })

  return { ...options, upgrader: overriding(upgrader, { upgradeOutbound }) }
}

/** The address without the peer that is to be there. */
function placeOf(address: string): string {
  const [place = ''] = address.split('/p2p/')

  return place
}
