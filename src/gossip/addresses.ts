import { multiaddr } from '@multiformats/multiaddr'
import type { Peer } from '../interface/network.ts'

/** Protocol code of `/p2p/` in a multiaddr. */
const P2P_CODE = 421
/** Ids as text: base58 of an Ed25519 (52 characters) or hashed (46) key. */
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{46,64}$/

export interface ParsedAddress {
  /** Canonical text. */
  readonly address: string
  /** The id it ends with, if any. */
  readonly peer: Peer | undefined
}

/** What people copy into a terminal, and messages carry. */
const PRINTABLE = /^[\x21-\x7e]+$/
/** A name of the DNS as it is asked for; a multiaddr takes any text in its place. */
const DNS_NAME = /^[\w.-]{1,253}$/

/** Parses text, ours or a peer's; undefined for what is no multiaddr, or one that is not plain ASCII, names included. */
export function parseAddress(text: string): ParsedAddress | undefined {
  try {
    const parsed = multiaddr(text)
    const components = parsed.getComponents()
    if (components.length === 0 || components[0]!.code === P2P_CODE) return undefined // names no place

    const last = components.at(-1)
    const peer = last?.code === P2P_CODE ? last.value : undefined
    if (peer !== undefined && !PEER_ID.test(peer)) return undefined
    if (components.some(({ name, value = '' }) => name.startsWith('dns') && !DNS_NAME.test(value))) return undefined

    const address = parsed.toString()
    return PRINTABLE.test(address) ? { address, peer } : undefined
  } catch {
    return undefined
  }
}

/** The address with `/p2p/<peer>` at its end; undefined when it is no multiaddr or names somebody else. */
export function addressOf(text: string, peer: Peer): string | undefined {
  const parsed = parseAddress(text)
  if (parsed === undefined || (parsed.peer !== undefined && parsed.peer !== peer)) return undefined

  return parsed.peer === undefined ? `${parsed.address}/p2p/${peer}` : parsed.address
}

/** Does it lead through a relay? */
export function isRelayed(address: string): boolean {
  return address.includes('/p2p-circuit')
}
