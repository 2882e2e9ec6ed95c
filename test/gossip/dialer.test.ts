import { expect, onTestFinished, test } from 'vitest'
import { AddressBook } from '../../src/gossip/address-book.ts'
import { Dialer } from '../../src/gossip/dialer.ts'
import { DEFAULT_LIMITS } from '../../src/gossip/limits.ts'
import { PeerTable } from '../../src/gossip/peer-table.ts'
import { DEFAULT_RECONNECT_POLICY } from '../../src/gossip/reconnect.ts'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** An id that nobody has. */
function madeUp(i: number): string {
  const digits = [Math.floor(i / 58 ** 2), Math.floor(i / 58) % 58, i % 58].map((digit) => BASE58[digit])

  return `12D3KooW${'x'.repeat(41)}${digits.join('')}`
}

function setUp(connect: (address: string) => Promise<string>) {
  let nowMs = 0
  let wake: () => void = () => undefined
  const dialled: string[] = []
  const book = new AddressBook({ maxAddresses: 256, policy: DEFAULT_RECONNECT_POLICY, uniform: () => 0.5 })
  const dialer = new Dialer({
    self: 'self',
    book,
    peers: new PeerTable(),
    clock: {
      now: () => nowMs,
      sleep: (_, { signal } = {}) =>
        new Promise((resolve, reject) => {
          wake = resolve
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
    },
    limits: DEFAULT_LIMITS,
    isRefused: () => false,
    connect: (address) => {
      dialled.push(address)
      return connect(address)
    }
  })
  onTestFinished(() => dialer.stop())
  const tick = async (): Promise<void> => {
    nowMs += 250
    wake()
    await new Promise((resolve) => setImmediate(resolve))
  }

  return { dialer, book, dialled, tick }
}

test('a member that makes up addresses without end keeps us from none of the others', async () => {
  // a made-up one takes its time, the operator's fails at once
  const { dialer, book, dialled, tick } = setUp((address) =>
    address === '/ip4/10.0.0.1/tcp/1' ? Promise.reject(new Error('down')) : new Promise(() => undefined)
  )
  book.add({ address: '/ip4/10.0.0.1/tcp/1', peer: undefined, pinned: true })
  dialer.start()
  for (let i = 0; i < 400; i++) {
    const junk = Array.from({ length: 32 }, (_, j) => `/ip4/10.9.9.9/tcp/${j + 1}/p2p/${madeUp(32 * i + j)}`)
    dialer.learn(junk)
    await tick()
  }

  const own = dialled.filter((address) => address === '/ip4/10.0.0.1/tcp/1')
  expect(own.length).toBeGreaterThan(5) // after 0.4, 0.8, 1.5, 3 ... 48 s
  expect(dialled.length - own.length).toBe(4) // and they don't take all there is
})

test('addresses that we heard of are dialled however many of the proven ones are dead', async () => {
  const { dialer, book, dialled, tick } = setUp(() => new Promise(() => undefined))
  for (let i = 0; i < 50; i++) {
    book.add({ address: `/ip4/10.0.0.${i}/tcp/1`, peer: madeUp(i), pinned: false }, { proven: true })
  }
  dialer.start()
  await tick()
  dialer.learn([`/ip4/10.1.1.1/tcp/1/p2p/${madeUp(99)}`])

  expect(dialled).toHaveLength(5)
  expect(dialled.at(-1)).toContain(madeUp(99))
})
