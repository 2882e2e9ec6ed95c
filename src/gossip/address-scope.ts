import { BlockList, isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'

/**
 * From where an address can be reached. `loopback`: the same machine. `link`: the same cable. `lan`: the same network.
 * `public`: anywhere. `relayed`: wherever its relay can be reached from. `none`: nowhere.
 */
export type AddressScope = 'none' | 'loopback' | 'link' | 'lan' | 'public' | 'relayed'

/** Ranges of the IANA's special-purpose registries, RFC 6890 and its updates. */
const RANGES: readonly (readonly [AddressScope, BlockList])[] = [
  ['none', ranges(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'], ['::/128', 'ff00::/8', '100::/64'])],
  ['loopback', ranges(['127.0.0.0/8'], ['::1/128'])],
  ['link', ranges(['169.254.0.0/16'], ['fe80::/10'])],
  [
    'lan',
    ranges(
      ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', '192.0.0.0/24'],
      ['fc00::/7']
    )
  ],
  // examples in documents: somebody copied one
  ['none', ranges(['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'], ['2001:db8::/32'])]
]

function ranges(ip4: readonly string[], ip6: readonly string[]): BlockList {
  const list = new BlockList()
  for (const [family, all] of [['ipv4', ip4] as const, ['ipv6', ip6] as const]) {
    for (const range of all) {
      const [network, bits] = range.split('/')
      list.addSubnet(network!, Number(bits), family)
    }
  }

  return list
}

/** @param address - a multiaddr's text, ours or a peer's; `none` for what is none */
export function scopeOf(address: string): AddressScope {
  try {
    const components = multiaddr(address).getComponents()
    if (components.some(({ name }) => name === 'p2p-circuit')) return 'relayed'

    const host = components.find(({ name }) => name !== 'ip6zone')
    if (host?.value === undefined) return 'none'
    if (host.name.startsWith('dns')) return host.value === 'localhost' ? 'loopback' : 'public'

    return host.name === 'ip4' || host.name === 'ip6' ? scopeOfHost(host.value) : 'none'
  } catch {
    return 'none'
  }
}

/** @param host - an IP address */
export function scopeOfHost(host: string): AddressScope {
  const version = isIP(host)
  if (version === 0) return 'none'

  // an IPv4 address within an IPv6 one is checked as what it is: BlockList sees to it
  const family = version === 4 ? 'ipv4' : 'ipv6'

  return RANGES.find(([, list]) => list.check(host, family))?.[0] ?? 'public'
}

/** The IP address that a multiaddr begins with; undefined when it begins with another kind of name. */
export function hostOf(address: string): string | undefined {
  try {
    const host = multiaddr(address)
      .getComponents()
      .find(({ name }) => name !== 'ip6zone')

    return host?.name === 'ip4' || host?.name === 'ip6' ? host.value : undefined
  } catch {
    return undefined
  }
}
