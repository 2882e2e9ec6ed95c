import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { Host } from '../../src/gossip/host.ts'
import { ReachWatch } from '../../src/gossip/reach-watch.ts'

const SELF = '12D3KooWGaUoE5aocq8TW8VCameFWgLw81HYPUGQboURRHdNq7oH'

/** What the watch sees of libp2p; counts how often it looks at its addresses. */
class FakeHost extends EventTarget {
  readonly peerId = { toString: () => SELF }
  readonly services = { addressManager: { getAddressesWithMetadata: () => this.#look() } }
  open: Connection[] = []
  looks = 0

  getConnections(peer?: unknown): Connection[] {
    return peer === undefined ? this.open : []
  }

  connect(ip: string): Connection {
    const connection = {
      ...{ remoteAddr: multiaddr(`/ip4/${ip}/tcp/4001`), remotePeer: {}, direction: 'inbound' },
      ...{ status: 'open', direct: true }
    } as unknown as Connection
    this.open.push(connection)
    this.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))

    return connection
  }

  disconnect(connection: Connection): void {
    this.open = this.open.filter((other) => other !== connection)
    this.dispatchEvent(new CustomEvent('connection:close', { detail: connection }))
  }

  #look(): object[] {
    this.looks++
    return [{ multiaddr: multiaddr('/ip4/192.168.1.5/tcp/4001'), verified: true, type: 'transport' }]
  }
}

/** Time that passes when the test says so. */
class HandClock {
  #nowMs = 0
  #sleepers: { untilMs: number; wake: () => void }[] = []

  now = (): number => this.#nowMs

  sleep = (delayMs: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#sleepers.push({ untilMs: this.#nowMs + delayMs, wake: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason))
    })

  async pass(ms: number): Promise<void> {
    this.#nowMs += ms
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter((sleeper) => !due.includes(sleeper))
    for (const { wake } of due) wake()
    await Promise.resolve()
    await Promise.resolve()
  }
}

function watching(): { host: FakeHost; clock: HandClock; watch: ReachWatch; said: string[] } {
  const [host, clock, said] = [new FakeHost(), new HandClock(), [] as string[]]
  const watch = new ReachWatch({
    ...{ host: host as unknown as Host, clock, announced: [], relayed: () => [] },
    onChanged: (reachability) => said.push(reachability)
  })
  watch.start()

  return { host, clock, watch, said }
}

test('somebody from outside is noticed at once', () => {
  const { host, said } = watching()
  host.connect('192.168.1.9')
  expect(said).toEqual([])
  const { host: other, said: heard } = watching()
  other.connect('11.0.0.1')

  expect(heard).toEqual(['direct'])
})

test('who comes and goes a hundred times a second makes it look once a second', async () => {
  const { host, clock } = watching()
  host.disconnect(host.connect('192.168.1.9'))
  const perLook = host.looks
  for (let i = 0; i < 1000; i++) {
    host.disconnect(host.connect('192.168.1.9'))
    await clock.pass(10)
  }

  expect(host.looks).toBeGreaterThan(9 * (perLook / 2))
  expect(host.looks).toBeLessThanOrEqual(12 * perLook)
})

test('somebody from outside who is gone before it looks again has shown all the same that the way is open', async () => {
  const { host, clock, said } = watching()
  host.connect('192.168.1.9')
  host.disconnect(host.connect('11.0.0.1'))
  expect(said).toEqual([])
  await clock.pass(1000)

  expect(said).toEqual(['direct'])
})

test('once stopped, it looks no more', async () => {
  const { host, clock, watch } = watching()
  host.connect('192.168.1.9')
  host.connect('192.168.1.10')
  watch.stop()
  const before = host.looks
  await clock.pass(1000)

  expect(host.looks).toBe(before)
})
