import type { Connection, Transport } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { Host } from '../../src/gossip/host.ts'
import { Punching } from '../../src/gossip/punching.ts'

interface Dialled {
  address: string
  localPort: number | undefined
}

type Dial = Transport['dial']

/** Dials through a transport that fails with these codes, one after another, and then succeeds. */
function dialling(...codes: string[]): { dialled: Dialled[]; dial: (address: string) => Promise<Connection> } {
  const dialled: Dialled[] = []
  const fake = {
    dial: async (address: { toString: () => string }, { localPort }: { localPort?: number }) => {
      dialled.push({ address: address.toString(), localPort })
      const code = codes.shift()
      if (code !== undefined) throw Object.assign(new Error(code), { code })
      return {} as Connection
    }
  } as unknown as Transport
  const transport = new Punching(() => 0.5).over(() => fake)({} as never)
  const options = { signal: AbortSignal.timeout(1000) } as Parameters<Dial>[1]

  return { dialled, dial: (address) => transport.dial(multiaddr(address), options) }
}

const PORT = 49_152 + 8_192
const PUBLIC = '/ip4/11.0.0.1/tcp/4001'

test('connections that lead out of the network leave from one port, others from any', async () => {
  const { dialled, dial } = dialling()
  for (const address of [PUBLIC, '/ip4/192.168.1.5/tcp/4001', '/ip4/127.0.0.1/tcp/4001', '/ip4/11.0.0.2/tcp/4001']) {
    await dial(address)
  }

  expect(dialled.map(({ localPort }) => localPort)).toEqual([PORT, undefined, undefined, PORT])
})

test('where the two ends are connected already, or were a moment ago, from any port', async () => {
  const { dialled, dial } = dialling('EADDRNOTAVAIL')
  await dial(PUBLIC)

  expect(dialled.map(({ localPort }) => localPort)).toEqual([PORT, undefined])
})

test('a connection that is refused is not tried twice', async () => {
  const { dialled, dial } = dialling('ECONNREFUSED')

  await expect(dial(PUBLIC)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(dialled).toHaveLength(1)
})

/** Where the other end of a punched hole is told that we are, after peers have said where they see us. */
async function toldAfter(
  seen: readonly { by: string; at: string }[],
  fail?: (punching: Punching) => Promise<void>
): Promise<string[]> {
  const punching = new Punching(() => 0.5)
  const host = Object.assign(new EventTarget(), { peerId: 'us' })
  punching.watch(host as unknown as Host)
  for (const { by, at } of seen) {
    const connection = { remotePeer: by } as unknown as Connection
    const fake = { dial: async () => connection } as unknown as Transport
    await punching
      .over(() => fake)({} as never)
      .dial(multiaddr(PUBLIC), { signal: AbortSignal.timeout(1000) } as Parameters<Dial>[1])
    const identified = { connection, observedAddr: multiaddr(at) }
    host.dispatchEvent(Object.assign(new Event('peer:identify'), { detail: identified }))
  }
  await fail?.(punching)

  return punching.addresses().map(String)
}

test('the latest that peers have seen counts: a router has a new address now and then', async () => {
  const places = [1, 2, 3, 4, 5, 6].map((i) => ({ by: `peer${i}`, at: `/ip4/11.0.0.${i}/tcp/5000` }))

  expect(await toldAfter(places)).toEqual([3, 4, 5, 6].map((i) => `/ip4/11.0.0.${i}/tcp/5000/p2p/us`))
})

test('one peer has one word, and what all say is told once', async () => {
  const liar = [1, 2, 3, 4].map((i) => ({ by: 'liar', at: `/ip4/11.6.6.${i}/tcp/1` }))
  const honest = ['a', 'b'].map((by) => ({ by, at: '/ip4/11.0.0.1/tcp/5000' }))

  expect(await toldAfter([...honest, ...liar])).toEqual(['/ip4/11.0.0.1/tcp/5000/p2p/us', '/ip4/11.6.6.4/tcp/1/p2p/us'])
})

test('what was seen of a port goes with the port', async () => {
  const busy = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
  let dials = 0
  const fake = { dial: async () => (dials++ === 0 ? Promise.reject(busy) : ({} as Connection)) } as unknown as Transport
  const told = await toldAfter([{ by: 'a', at: '/ip4/11.0.0.1/tcp/5000' }], async (punching) => {
    await punching
      .over(() => fake)({} as never)
      .dial(multiaddr(PUBLIC), { signal: AbortSignal.timeout(1000) } as Parameters<Dial>[1])
  })

  expect(told).toEqual([])
})

test('a relay that is dialled by name sees the one port too', async () => {
  const { dialled, dial } = dialling()
  await dial('/dns4/relay.example/tcp/4001')

  expect(dialled.map(({ localPort }) => localPort)).toEqual([PORT])
})
