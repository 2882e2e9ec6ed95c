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

/** Parses text, ours or a peer's; undefined for what is no multiaddr. */
export function parseAddress(text: string): ParsedAddress | undefined {
  try {
    const parsed = multiaddr(text)
    const components = parsed.getComponents()
    if (components.length === 0 || components[0]!.code === P2P_CODE) return undefined // names no place

    const last = components.at(-1)
    const peer = last?.code === P2P_CODE ? last.value : undefined
    if (peer !== undefined && !PEER_ID.test(peer)) return undefined

    return { address: parsed.toString(), peer }
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
