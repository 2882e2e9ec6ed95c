import { expect, test } from 'vitest'
import { type DiscoverySettings, NO_DISCOVERY, networkDiscovery } from '../../src/node/discovery.ts'

const auto: DiscoverySettings = { ...NO_DISCOVERY, mdns: 'auto' }

test.each([
  { id: 'this machine only', listen: ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0'], settings: auto, on: false },
  { id: 'all networks', listen: ['/ip4/0.0.0.0/tcp/0'], settings: auto, on: true },
  { id: 'one network', listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/192.168.1.5/tcp/0'], settings: auto, on: true },
  { id: 'at relays', listen: ['/p2p-circuit'], settings: auto, on: true },
  { id: 'nowhere', listen: [], settings: auto, on: true },
  { id: 'switched on', listen: ['/ip4/127.0.0.1/tcp/0'], settings: { ...auto, mdns: 'on', nat: 'on' }, on: true },
  { id: 'switched off', listen: ['/ip4/0.0.0.0/tcp/0'], settings: { ...auto, mdns: 'off', nat: 'off' }, on: false }
] as const)('listening on $id', ({ listen, settings, on }) => {
  expect(networkDiscovery(listen, settings)).toMatchObject({ mdns: on, nat: on })
})

test('without a word a node sends nothing to its network', () => {
  expect(networkDiscovery(['/ip4/0.0.0.0/tcp/0'], NO_DISCOVERY)).toMatchObject({
    mdns: false,
    dht: false,
    relay: false
  })
})

test('a relay speaks the protocols of relays, wherever it listens', () => {
  const relay = { ...auto, nat: 'off', relay: true } as const
  expect(networkDiscovery(['/ip4/127.0.0.1/tcp/0'], relay)).toMatchObject({ nat: true, relay: true })
})
