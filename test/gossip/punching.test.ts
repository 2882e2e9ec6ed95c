import type { Connection, Transport } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
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
