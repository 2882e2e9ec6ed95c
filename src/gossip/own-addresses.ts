import { networkInterfaces } from 'node:os'
import { MAX_ADDRESS_CHARS, MAX_LISTEN_ADDRESSES } from '../wire/limits.ts'
import { type AddressScope, hostOf, scopeOf } from './address-scope.ts'

/** Bridges and taps of containers and virtual machines: other machines have networks of the same name and number. */
const VIRTUAL = /^(docker|br-|veth|virbr|vboxnet|vmnet|cni|flannel|cali|podman|lxc|lxd)/

/** Best first. Whoever can be reached through a relay is better found on the same network. */
const RANK: Readonly<Record<AddressScope, number>> = { public: 0, lan: 1, relayed: 2, link: 4, loopback: 5, none: 6 }
const VIRTUAL_RANK = 3
/** The worst that is of use to another machine. */
const LAST_FROM_OUTSIDE = VIRTUAL_RANK

/**
 * The addresses to give to others, best first. What only works on this machine or cable is left out where there is
 * anything better, and what works nowhere always.
 *
 * @param own - multiaddrs of this node, each ending in its id
 * @param virtual - IP addresses of this machine that lead to its containers only
 */
export function addressesForOthers(own: readonly string[], virtual: ReadonlySet<string> = new Set()): string[] {
  const rankOf = (address: string): number => {
    const host = hostOf(address)
    const scope = scopeOf(address)

    return scope === 'lan' && host !== undefined && virtual.has(host) ? VIRTUAL_RANK : RANK[scope]
  }
  const ranked = [...new Set(own)]
    .filter((address) => address.length <= MAX_ADDRESS_CHARS)
    .map((address) => ({ address, rank: rankOf(address) }))
    .filter(({ rank }) => rank < RANK.none)
    .sort((a, b) => a.rank - b.rank)
  const best = ranked[0]?.rank ?? RANK.none
  const last = Math.max(best, LAST_FROM_OUTSIDE)

  return ranked
    .filter(({ rank }) => rank <= last)
    .slice(0, MAX_LISTEN_ADDRESSES)
    .map(({ address }) => address)
}

/** IP addresses of this machine's bridges to containers and virtual machines. */
export function virtualHosts(interfaces = networkInterfaces()): Set<string> {
  const virtual = Object.entries(interfaces).filter(([name]) => VIRTUAL.test(name))

  return new Set(virtual.flatMap(([, all]) => (all ?? []).map(({ address }) => address)))
}
