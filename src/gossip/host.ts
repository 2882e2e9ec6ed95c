import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { CircuitRelayServerComponents } from '@libp2p/circuit-relay-v2'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, PrivateKey } from '@libp2p/interface'
import { createLibp2p, type Libp2pOptions, type ServiceFactoryMap } from 'libp2p'
import { MAX_MESSAGE_BYTES } from '../wire/limits.ts'
import { BoundedDatastore } from './bounded-datastore.ts'
import type { GossipLimits } from './limits.ts'
import { networkWall } from './network-key.ts'
import { quietLogger } from './quiet-logger.ts'
import { screenedTcp } from './screened-tcp.ts'
import type { HandlerRegistry, StreamGuard } from './stream-guard.ts'
import type { TrafficMeter } from './traffic.ts'

type AddressManager = CircuitRelayServerComponents['addressManager']
type Transports = NonNullable<Libp2pOptions['transports']>

export interface HostServices {
  guard: object
  identify: Identify
  pubsub: GossipSub
  /** libp2p's own, which it does not hand out otherwise. */
  addressManager: AddressManager
  [name: string]: unknown
}

export type Host = Libp2p<HostServices>

export interface HostInit {
  privateKey: PrivateKey
  /** Multiaddrs. */
  listen: readonly string[]
  agent: string
  gater: ConnectionGater
  traffic: TrafficMeter
  limits: GossipLimits
  /** Stands before all handlers of streams. Identify then runs when it is called, and not on every connection. */
  guard?: StreamGuard
  /** Closes sockets from these IP addresses before anything is made of them. @default none */
  turnsAway?: (ip: string) => boolean
  /** Of a private network: bytes of the key's file. */
  networkKey?: Uint8Array
  /** Multiaddrs to tell libp2p's services of, beside those it listens on. */
  announce?: readonly string[]
  /** Makes another transport of TCP's. @default the same */
  wrapTcp?: (tcp: Transports[number]) => Transports[number]
  /** Beside TCP. */
  transports?: Transports
  /** Beside identify and gossipsub. */
  services?: ServiceFactoryMap
}

/** Announcements waiting for one slow peer; it is dropped beyond that. */
const MAX_PUBSUB_BACKLOG_BYTES = 4 * 1024 * 1024

/** A libp2p node, not yet started: TCP, encryption, Yamux, identify and gossipsub, every number bounded. */
export async function createHost(init: HostInit): Promise<Host> {
  const { privateKey, listen, agent, gater, traffic, limits, guard, networkKey, turnsAway = () => false } = init
  const { announce = [], transports = [], services = {} } = init
  const { wrapTcp = (tcp) => tcp } = init
  const options: Libp2pOptions<HostServices> = {
    start: false,
    // with DEBUG set, libp2p's own
    ...(process.env.DEBUG === undefined ? { logger: quietLogger } : {}),
    privateKey,
    nodeInfo: { userAgent: agent },
    addresses: { listen: [...listen], appendAnnounce: [...announce] },
    datastore: new BoundedDatastore(limits),
    transports: [wrapTcp(screenedTcp({ maxConnections: limits.maxConnections }, turnsAway)), ...transports],
    ...(networkKey === undefined ? {} : { connectionProtector: networkWall(networkKey) }),
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxInboundStreams: 256, maxOutboundStreams: 256 })],
    connectionGater: gater,
    metrics: () => traffic.asMetrics(),
    connectionManager: {
      maxConnections: limits.maxConnections,
      // a local swarm dials from one address at once; the default of 5 a second would lock its own nodes out
      inboundConnectionThreshold: limits.maxConnections,
      maxIncomingPendingConnections: limits.maxConnections,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.dialTimeoutMs, // our dials name one address each
      inboundUpgradeTimeout: limits.dialTimeoutMs,
      maxParallelDials: 16,
      reconnectRetries: 0 // the dialer's business
    },
    // a peer that vanished without closing is noticed within half a minute; short timeouts would hit busy machines
    connectionMonitor: { pingInterval: 15_000, pingTimeout: { minTimeout: 15_000 } },
    services: {
      // first: before the others register their handlers
      guard: ({ registrar }: { registrar: HandlerRegistry }) => {
        guard?.attach(registrar)
        return {}
      },
      identify: identify({ runOnConnectionOpen: guard === undefined, timeout: limits.helloTimeoutMs }),
      pubsub: pubsub(),
      addressManager: (components) => components.addressManager as AddressManager,
      ...services
    }
  }

  return createLibp2p(options)
}

/**
 * Author and sequence number: gossipsub's own id of a message, known before
 * its signature is checked, which covers both. It is noted only of messages
 * whose signature is right, so that the copies that the mesh brings are not
 * verified again, and nobody can take an id from its author. Lengths are
 * bounded by the gate before this.
 */
function fastMsgIdFn({ from, seqno }: { from?: Uint8Array; seqno?: Uint8Array }): string {
  return String.fromCharCode(...(from ?? []), 0x100, ...(seqno ?? []))
}

/** Announcements only: small signed messages, sent to every subscriber at once and passed on within the mesh. */
function pubsub() {
  return gossipsub({
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    fallbackToFloodsub: false,
    // authors reach all their peers themselves; the mesh is for those further away
    floodPublish: true,
    D: 4,
    Dlo: 3,
    Dhi: 8,
    Dscore: 2,
    Dout: 1,
    // told once of what is new, peers outside the mesh ask for what they lack; each repetition costs an id of 46 bytes
    mcacheGossip: 1,
    Dlazy: 1,
    fastMsgIdFn,
    globalSignaturePolicy: 'StrictSign',
    emitSelf: false,
    doPX: false,
    maxInboundDataLength: 2 * MAX_MESSAGE_BYTES, // the message and what gossipsub puts around it
    maxOutboundBufferSize: MAX_PUBSUB_BACKLOG_BYTES,
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    runOnLimitedConnection: true,
    maxTopicBytesPerPeer: 64 * 1024,
    decodeRpcLimits: {
      maxSubscriptions: 64,
      maxMessages: 256,
      maxIhaveMessageIDs: 1024,
      maxIwantMessageIDs: 1024,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 256,
      maxPeerInfos: 16
    },
    // many honest nodes share an address: a local swarm, a laboratory behind one router
    // and what peers do wrong is in our own, bounded book: gossipsub's would keep each that ever came for an hour
    scoreParams: { IPColocationFactorWeight: 0, retainScore: 60_000 }
  })
}
