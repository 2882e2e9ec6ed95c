import type { PrivateKey } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { InvalidConfigError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { NetworkEvents, Peer, PeerPath } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { isHash } from '../wire/hex.ts'
import { scopeOf } from './address-scope.ts'
import { isRelayed, parseAddress } from './addresses.ts'
import type { GossipLimits } from './limits.ts'
import type { MembershipPolicy } from './membership.ts'
import type { Reachability } from './reachability.ts'

export interface GossipNetworkInit {
  privateKey: PrivateKey
  /**
   * Multiaddrs; `/p2p-circuit` for places at relays among the peers, whether or not the node can be reached otherwise.
   * @default ['/ip4/127.0.0.1/tcp/0']
   */
  listen?: readonly string[]
  /** Multiaddrs of nodes to connect to, and to go on trying. */
  bootstrap?: readonly string[]
  /** Multiaddrs, with peer ids, where peers of the job were met in an earlier life. */
  remembered?: readonly string[]
  /** Multiaddrs to give to others instead of those it listens on: of a port that a router forwards, say. */
  announce?: readonly string[]
  /** Finds nodes of the job on the local network. @default false */
  mdns?: boolean
  /** Finds nodes of the job in a hash table that they keep together. @default false */
  dht?: boolean
  /** Ways round routers: relays, hole punching, dial-backs. @default where it listens beyond this machine */
  nat?: boolean
  /** Serves peers that can't be reached as a relay. @default false */
  relay?: boolean
  /** Tells peers of other peers, and believes what they tell. @default true */
  exchange?: boolean
  /** SHA-256 of `jobJson`, 64 lower-case hex digits. */
  jobId: string
  /** The canonical job, at most 16 KiB. */
  jobJson: string
  /** Name and version of the program, without spaces, at most 64 characters. */
  agent: string
  /**
   * Names what differs between our job and a peer's, whose text is hostile.
   * @default a comparison key by key
   */
  compareJobs?: (theirJobJson: string) => readonly string[]
  /**
   * Bytes of a key file, checked: only nodes that have the same key can say anything to each other.
   * @default none
   */
  networkKey?: Uint8Array
  /**
   * Who belongs to the swarm.
   * @default everyone who runs the job
   */
  membership?: MembershipInit
  /**
   * Whom the operator has banned.
   * @default nobody
   */
  bans?: Bans
  waits: WaitRegister
  clock: Clock
  /**
   * Unix time in ms, for invitations.
   * @default Date.now
   */
  wallClock?: () => number
  log?: Log
  limits?: Partial<GossipLimits>
  /**
   * Random numbers of [0, 1): jitter of reconnections, choice of addresses to pass on.
   * @default Math.random
   */
  uniform?: () => number
}

export interface MembershipInit {
  policy: MembershipPolicy
  /** Ours, where the policy has an owner; it has been checked. */
  invitation?: Uint8Array
  /** Of the owner's signatures. */
  verify: Signing['verify']
}

/** What the network asks before it deals with anybody. */
export interface Bans {
  isBanned(peer: Peer): boolean
  isBannedAddress(ip: string): boolean
}

export interface GossipEvents extends NetworkEvents {
  'peer:connected': { peer: Peer; path: PeerPath }
  /** A peer that was connected through a relay is now so without one, or the other way round. */
  'peer:rerouted': { peer: Peer; path: PeerPath }
  /** How others get to this node, or where, has changed. */
  'reachability:changed': { reachability: Reachability; addresses: readonly string[] }
  /** A peer turned out to run another job; we don't dial it for a while. Bounded, printable text. */
  'job:mismatched': { peer: Peer; differences: readonly string[] }
  /** A peer misbehaved once too often: disconnected, and no connection with it for a while. */
  'peer:refused': { peer: Peer; code: string }
  /** So many more were turned away at the door, by code, as were not reported one by one: `peer:rejected`. */
  'strangers:refused': { counts: Readonly<Record<string, number>> }
}

export const DEFAULT_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0']
/** Listens at relays, whichever there are. */
export const CIRCUIT_LISTEN = '/p2p-circuit'

/** Can other machines connect to who listens there? */
export function listensBeyondLoopback(listen: readonly string[]): boolean {
  return listen.some((address) => scopeOf(address) !== 'loopback')
}

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function checkInit(init: GossipNetworkInit): void {
  const { jobId, listen = [], bootstrap = [], announce = [] } = init
  if (!isHash(jobId)) throw new InvalidConfigError('jobId must be 64 lower-case hex digits')
  for (const address of [...listen, ...bootstrap, ...announce]) {
    if (parseAddress(address) === undefined) throw new InvalidConfigError(`"${address}" is no multiaddr of plain ASCII`)
  }
  for (const address of [...listen, ...announce]) {
    if (address === CIRCUIT_LISTEN && listen.includes(address)) continue
    if (isRelayed(address)) {
      throw new InvalidConfigError(`"${address}": listen on ${CIRCUIT_LISTEN}, and join through the relay`)
    }
  }
}
