import type { MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { GossipLimits } from './limits.ts'
import { hostOf, hostOfIp, ipOf, plainIp } from './remote-host.ts'
import { TokenBuckets } from './token-bucket.ts'

export type DoorCode = 'ERR_ADDRESS_BANNED' | 'ERR_CONNECTION_RATE' | 'ERR_CONNECTION_PENDING' | 'ERR_STRANGER_BYTES'

export interface DoorInit {
  clock: Clock
  limits: GossipLimits
  /** By order of the operator. */
  isBannedAddress: (ip: string) => boolean
  /** Somebody was turned away; often, under attack. */
  onRefused: (code: DoorCode, host: string) => void
}

/** A connection of which it is not yet known whether a member opened it. */
interface Knock {
  readonly host: string
  readonly inbound: boolean
  bytes: number
}

/** The part of libp2p's connection classes through which every byte from the socket goes. */
interface Receiving {
  onData?: (data: { byteLength: number }) => void
}

const EVERYONE = 'everyone'

/**
 * Limits what strangers cost, before it is spent: handshakes by address, connections that have not passed the hello, and
 * bytes on each of them. Whoever turns out to be a member has taken nothing: so a whole swarm may dial from one address,
 * and an attacker at that address slows newcomers down and nobody else.
 */
export class Door {
  readonly #init: DoorInit
  readonly #knocks = new Map<string, Knock>()
  readonly #hosts: TokenBuckets
  readonly #all: TokenBuckets
  readonly #peers: TokenBuckets
  readonly #pending = new Map<string, number>()

  constructor(init: DoorInit) {
    const { limits } = init
    this.#init = init
    this.#hosts = new TokenBuckets({
      perSecond: limits.handshakesPerSecond,
      burst: limits.handshakeBurst,
      maxPeers: limits.maxHosts
    })
    this.#all = new TokenBuckets({
      perSecond: limits.allHandshakesPerSecond,
      burst: limits.allHandshakeBurst,
      maxPeers: 1
    })
    this.#peers = new TokenBuckets({
      perSecond: limits.reconnectsPerSecond,
      burst: limits.reconnectBurst,
      maxPeers: limits.maxHosts
    })
  }

  /** Connections whose hello has not passed. */
  get waiting(): number {
    return this.#knocks.size
  }

  /**
   * A socket has been opened from an IP address. Returns whether to close it at once, as
   * {@link Door.admitsConnection} would, for less.
   */
  turnsAway(address: string): boolean {
    const [ip, host, now] = [plainIp(address), hostOfIp(address), this.#init.clock.now()]
    const isRate = !this.#hosts.has(host, now) || !this.#all.has(EVERYONE, now)
    const code = this.#standingObjection(host, ip) ?? (isRate ? 'ERR_CONNECTION_RATE' : undefined)
    if (code !== undefined) this.#init.onRefused(code, host)

    return code !== undefined
  }

  /** Somebody has connected; nothing is known but the address. Returns whether to go on with it. */
  admitsConnection(connection: MultiaddrConnection): boolean {
    const host = hostOf(connection.remoteAddr)
    const code = this.#objection(host, ipOf(connection.remoteAddr))
    if (code !== undefined) {
      this.#init.onRefused(code, host)
      return false
    }

    this.#watch(connection, host, true)
    return true
  }

  /** The handshake has shown who it is. Returns whether to go on: a peer that comes again and again has to wait. */
  admitsPeer(peer: Peer, connection: MultiaddrConnection): boolean {
    if (this.#peers.take(peer, this.#init.clock.now())) return true

    this.#init.onRefused('ERR_CONNECTION_RATE', hostOf(connection.remoteAddr))
    return false
  }

  /** We have dialled: what answers is a stranger too, but was asked in. */
  watchDialled(connection: MultiaddrConnection): void {
    this.#watch(connection, hostOf(connection.remoteAddr), false)
  }

  /** A member: it has taken nothing of what strangers share. */
  passed(address: Multiaddr): void {
    const knock = this.#release(keyOf(address))
    if (knock?.inbound !== true) return

    this.#hosts.giveBack(knock.host)
    this.#all.giveBack(EVERYONE)
  }

  #objection(host: string, ip: string | undefined): DoorCode | undefined {
    const standing = this.#standingObjection(host, ip)
    if (standing !== undefined) return standing
    // an address that has used up its own takes nothing from the others
    const now = this.#init.clock.now()
    if (!this.#hosts.take(host, now) || !this.#all.take(EVERYONE, now)) return 'ERR_CONNECTION_RATE'

    return undefined
  }

  #standingObjection(host: string, ip: string | undefined): DoorCode | undefined {
    const { limits, isBannedAddress } = this.#init
    if (ip !== undefined && isBannedAddress(ip)) return 'ERR_ADDRESS_BANNED'
    if (this.#knocks.size >= limits.maxPending || (this.#pending.get(host) ?? 0) >= limits.maxPendingPerHost) {
      return 'ERR_CONNECTION_PENDING'
    }

    return undefined
  }

  #watch(connection: MultiaddrConnection, host: string, inbound: boolean): void {
    const key = keyOf(connection.remoteAddr)
    const knock: Knock = { host, inbound, bytes: 0 }
    this.#release(key)
    this.#knocks.set(key, knock)
    this.#pending.set(host, (this.#pending.get(host) ?? 0) + 1)
    connection.addEventListener('close', () => this.#release(key, knock), { once: true })
    this.#count(connection, key, knock)
  }

  /** Up to the hello, a connection carries little: whatever is more is no hello. */
  #count(connection: MultiaddrConnection, key: string, knock: Knock): void {
    const receiving = connection as Receiving
    const onData = receiving.onData?.bind(connection)
    if (onData === undefined) return

    receiving.onData = (data) => {
      if (this.#knocks.get(key) === knock) {
        knock.bytes += data.byteLength
        if (knock.bytes > this.#init.limits.maxStrangerBytes) return this.#cut(connection, knock)
      }
      onData(data)
    }
  }

  #cut(connection: MultiaddrConnection, { host, bytes }: Knock): void {
    this.#init.onRefused('ERR_STRANGER_BYTES', host)
    connection.abort(new CodedError('ERR_STRANGER_BYTES', 'more than a hello, from a stranger', { bytes }))
  }

  #release(key: string, only?: Knock): Knock | undefined {
    const knock = this.#knocks.get(key)
    if (knock === undefined || (only !== undefined && knock !== only)) return undefined

    this.#knocks.delete(key)
    const left = (this.#pending.get(knock.host) ?? 1) - 1
    if (left > 0) this.#pending.set(knock.host, left)
    else this.#pending.delete(knock.host)

    return knock
  }
}

/** Names a connection by its other end. libp2p adds the peer's id to the address when it is known. */
function keyOf(address: Multiaddr): string {
  const text = address.toString()
  if (text.includes('/p2p-circuit/')) return text // all who come through a relay have no other name
  const at = text.lastIndexOf('/p2p/')

  return at < 0 || text.slice(at + 5).includes('/') ? text : text.slice(0, at)
}
