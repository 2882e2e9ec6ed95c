import { isIP } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Codes of multiaddr components: https://github.com/multiformats/multicodec/blob/master/table.csv */
const IP4 = 4
const IP6 = 41
const CIRCUIT = 290
const P2P = 421

/** An IPv4 address as sockets for both kinds have it. */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i

/** The IP address at the other end of a connection; undefined when that is a relay's, or none is known. */
export function ipOf(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  if (components.some(({ code }) => code === CIRCUIT)) return undefined
  const ip = components.find(({ code }) => code === IP4 || code === IP6)?.value

  return ip === undefined ? undefined : plainIp(ip)
}

function unmapped(ip: string): string | undefined {
  const [, high, low] = MAPPED.exec(ip) ?? []
  if (high === undefined || low === undefined) return undefined
  const value = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16)

  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
}

/**
 * Whom to count a newcomer under, before anything else is known of it: its IPv4 address; its IPv6 network, as whoever
 * has one address of it has 2^64; or the relay that brings it.
 */
export function hostOf(address: Multiaddr): string {
  const ip = ipOf(address)
  if (ip !== undefined) return hostOfIp(ip)
  const relay = address.getComponents().find(({ code }) => code === P2P)?.value

  return relay === undefined ? 'unknown' : `relay ${relay}`
}

/** The same, of an IP address as sockets have it. */
export function hostOfIp(text: string): string {
  const ip = plainIp(text)

  return ip.includes(':') ? network64(ip) : ip
}

/**
 * The one text of an IP address: an IPv6 address can be written in many ways, and an IPv4 address comes as one by a
 * socket for both kinds. Without its zone, which says something of this machine only.
 */
export function plainIp(text: string): string {
  const [ip = ''] = text.split('%')
  if (isIP(ip) !== 6) return ip
  const shortest = new URL(`http://[${ip}]`).hostname.slice(1, -1)

  return unmapped(shortest) ?? shortest
}

/** The first 64 of an IPv6 address's 128 bits. */
function network64(ip: string): string {
  const [head = '', tail] = ip.split('%')[0]!.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back].slice(0, 4)

  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
