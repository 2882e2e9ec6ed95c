import type { Peer } from '../interface/network.ts'
import { MAX_ADDRESS_CHARS, MAX_KNOWN_ADDRESSES } from '../wire/limits.ts'
import { isRelayed } from './addresses.ts'
import type { AdmittedPeer } from './peer-table.ts'

/** Addresses of one peer that we pass on: the first are those it reckons best. */
const ADDRESSES_PER_PEER = 2

/** Addresses of our peers to tell `to` about: a random choice when there are more than fit in a hello. */
export function chooseKnown(
  peers: Iterable<readonly [Peer, Pick<AdmittedPeer, 'listen'>]>,
  to: Peer,
  uniform: () => number,
  most = MAX_KNOWN_ADDRESSES
): readonly string[] {
  const addresses: string[] = []
  for (const [peer, { listen }] of peers) {
    if (peer !== to) addresses.push(...bestOf(listen))
  }

  // Fisher-Yates, as far as needed
  const count = Math.min(addresses.length, most)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(uniform() * (addresses.length - i))
    ;[addresses[i], addresses[j]] = [addresses[j]!, addresses[i]!]
  }

  return addresses.slice(0, count)
}

/** The best, and in the second place one through a relay, if there is any: on another network no other may work. */
export function bestOf(listen: readonly string[]): string[] {
  const usable = listen.filter(({ length }) => length <= MAX_ADDRESS_CHARS)
  const [first, ...others] = usable
  const second = others.find(isRelayed) ?? others[0]

  return [first, second].filter((address) => address !== undefined).slice(0, ADDRESSES_PER_PEER)
}
