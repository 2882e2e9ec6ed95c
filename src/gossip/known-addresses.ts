import type { Peer } from '../interface/network.ts'
import { MAX_ADDRESS_CHARS, MAX_KNOWN_ADDRESSES } from '../wire/limits.ts'
import type { AdmittedPeer } from './peer-table.ts'

/** Addresses of one peer that we pass on: the first are those it reckons best. */
const ADDRESSES_PER_PEER = 2

/** Addresses of our peers to tell `to` about: a random choice when there are more than fit in a hello. */
export function chooseKnown(
  peers: Iterable<readonly [Peer, AdmittedPeer]>,
  to: Peer,
  uniform: () => number
): readonly string[] {
  const addresses: string[] = []
  for (const [peer, { listen }] of peers) {
    if (peer === to) continue
    addresses.push(...listen.filter(({ length }) => length <= MAX_ADDRESS_CHARS).slice(0, ADDRESSES_PER_PEER))
  }

  // Fisher-Yates, as far as needed
  const count = Math.min(addresses.length, MAX_KNOWN_ADDRESSES)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(uniform() * (addresses.length - i))
    ;[addresses[i], addresses[j]] = [addresses[j]!, addresses[i]!]
  }

  return addresses.slice(0, count)
}
