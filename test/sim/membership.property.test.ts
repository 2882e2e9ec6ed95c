import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SimHost } from '../../src/sim/host.ts'
import { MESSAGE_TIMEOUT_MS } from '../../src/sim/limits.ts'
import { Simulator } from '../../src/sim/simulator.ts'
import { PLAIN_LINKS } from './hosts.ts'

const NODES = 4
const name = (node: number): string => `node${node}`

const node = fc.nat(NODES - 1)
const order = fc.record({
  ms: fc.nat(4000),
  act: fc.oneof(
    fc.record({ kind: fc.constantFrom('crash', 'stop', 'bounce', 'rejoin', 'ask', 'pull'), node, other: node }),
    fc.record({ kind: fc.constantFrom('partition', 'heal'), node, other: node })
  )
})

/** Everyone's machine, and what it has been told about its peers. */
interface Member {
  host: SimHost
  told: Set<string>
}

function scenario(seed: number) {
  const links = { ...PLAIN_LINKS, latency: { kind: 'uniform', minMs: 1, maxMs: 200 } as const, loss: 0.1 }
  const simulator = new Simulator({ seed, links })
  const members: Member[] = []
  const open = new Set<number>()
  const longest = { ms: 0 }

  const join = (i: number): void => {
    const host = simulator.join(name(i))
    const told = new Set(host.network.peers())
    const ref = host.network.offer(new Uint8Array(1000).fill(i))
    host.network.handle('ref', { request: async () => new TextEncoder().encode(ref.hash) })
    host.network.on('peer:connected', ({ peer }) => {
      expect(told.has(peer)).toBe(false)
      told.add(peer)
    })
    host.network.on('peer:disconnected', ({ peer }) => {
      expect(told.delete(peer)).toBe(true)
    })
    members[i] = { host, told }
  }
  const follow = (promise: Promise<unknown>): void => {
    const startMs = simulator.nowMs
    const id = open.size + startMs * 1000
    open.add(id)
    const done = (): void => {
      open.delete(id)
      longest.ms = Math.max(longest.ms, simulator.nowMs - startMs)
    }
    promise.then(done, done)
  }
  for (let i = 0; i < NODES; i++) join(i)

  return { simulator, members, join, follow, open, longest }
}

test('whatever befalls them, nodes know in the end who is there, were told so, and nothing waits for ever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1000), fc.array(order, { maxLength: 40 }), fc.boolean(), async (seed, drawn, whole) => {
      const orders = whole ? drawn.filter(({ act }) => act.kind !== 'partition') : drawn
      const { simulator, members, join, follow, open, longest } = scenario(seed)
      const act = ({ kind, node, other }: { kind: string; node: number; other: number }): void => {
        const { host } = members[node]!
        if (kind === 'partition') simulator.partition([[name(node), name(other)], [name((node + 1) % NODES)]])
        else if (kind === 'heal') simulator.heal()
        else if (kind === 'rejoin' && !host.isAlive) join(node)
        else if (kind === 'crash') host.crash()
        else if (kind === 'bounce' && host.isAlive) {
          // back before, or after, anyone has noticed
          host.crash()
          simulator.schedule(500 * other, () => {
            if (!members[node]!.host.isAlive) join(node)
          })
        } else if (kind === 'stop') host.stop()
        else if (kind === 'ask') follow(host.network.request(name(other), 'ref', new Uint8Array(3)))
        else if (kind === 'pull') {
          const ref = members[other]!.host.network.offer(new Uint8Array(1000).fill(other))
          follow(host.network.pull(name(other), ref))
        }
      }
      for (const { ms, act: what } of orders) simulator.schedule(ms, () => act(what))
      // only then: healing would also mend what went wrong without a partition
      if (orders.some(({ act }) => act.kind === 'partition')) simulator.schedule(10_000, () => simulator.heal())
      // what a live node has been told is what it would answer, at any moment
      const afterEvent = (): void => {
        for (const { host, told } of members) {
          if (host.isAlive) expect([...told].sort()).toEqual(host.network.peers())
        }
      }
      expect(await simulator.run({ afterEvent })).toBe('idle')

      const live = members.filter(({ host }) => host.isAlive)
      for (const { host } of live) {
        const others = live.map(({ host }) => host.peer).filter((peer) => peer !== host.peer)
        expect(host.network.peers()).toEqual(others)
      }
      for (const { host } of members) expect(host.leaks()).toMatchObject({ timers: 0, exchanges: 0 })
      expect(open.size).toBe(0)
      expect(longest.ms).toBeLessThanOrEqual(MESSAGE_TIMEOUT_MS)
    }),
    { numRuns: 150 }
  )
})
