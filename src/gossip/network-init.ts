import type { PrivateKey } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { InvalidConfigError } from '../interface/errors.ts'
import type { NetworkEvents, Peer } from '../interface/network.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { isHash } from '../wire/hex.ts'
import { parseAddress } from './addresses.ts'
import type { GossipLimits } from './limits.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string, fields: Readonly<Record<string, string | number>>) => void

export interface GossipNetworkInit {
  privateKey: PrivateKey
  /**
   * Multiaddrs.
   * @default ['/ip4/127.0.0.1/tcp/0']
   */
  listen?: readonly string[]
  /** Multiaddrs of nodes to connect to, and to go on trying. */
  bootstrap?: readonly string[]
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
  waits: WaitRegister
  clock: Clock
  log?: Log
  limits?: Partial<GossipLimits>
  /**
   * Random numbers of [0, 1): jitter of reconnections, choice of addresses to pass on.
   * @default Math.random
   */
  uniform?: () => number
}

export interface GossipEvents extends NetworkEvents {
  /** A peer turned out to run another job; we don't dial it for a while. Bounded, printable text. */
  'job:mismatched': { peer: Peer; differences: readonly string[] }
  /** A peer misbehaved once too often: disconnected, and no connection with it for a while. */
  'peer:refused': { peer: Peer; code: string }
}

export const DEFAULT_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0']

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function checkInit({ jobId, listen = [], bootstrap = [] }: GossipNetworkInit): void {
  if (!isHash(jobId)) throw new InvalidConfigError('jobId must be 64 lower-case hex digits')
  for (const address of [...listen, ...bootstrap]) {
    if (parseAddress(address) === undefined) throw new InvalidConfigError(`"${address}" is no multiaddr`)
  }
}
