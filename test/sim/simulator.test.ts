import { setTimeout as realSleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LINKS } from '../../src/sim/link-spec.ts'
import { Simulator } from '../../src/sim/simulator.ts'
import type { TraceEvent } from '../../src/sim/trace.ts'
import { NO_LEAKS, setUp, watch } from './hosts.ts'

/** Messages, requests, models and timers among six hosts under all faults; `realMs` is how long real work takes. */
async function busyRun(seed: number, realMs: (i: number) => number = () => 0, trace?: TraceEvent[]) {
  const links = { ...DEFAULT_LINKS, loss: 0.05, duplication: 0.05, reordering: 0.1 }
  const simulator = new Simulator({ seed, links, ...(trace && { onTrace: (event) => trace.push(event) }) })
  const hosts = Array.from({ length: 6 }, (_, i) => simulator.join(`node${i}`))
  const log: string[] = []
  const peer = (i: number) => `node${i % 6}`

  const runs = hosts.map(async ({ network, clock }, i) => {
    network.handle('note', { message: (from, bytes) => log.push(`${network.self} ${from} ${bytes[0]}`) })
    network.handle('ask', { request: async (_, bytes) => bytes })
    for (let round = 0; round < 10; round++) {
      await hosts[i]!.compute(50, () => realSleep(realMs(i)))
      await network.send(peer(i + 1 + (round % 5)), 'note', Uint8Array.of(round))
      const ref = network.offer(new Uint8Array(20_000).fill(i + round))
      await network.request(peer(i + 1), 'ask', new Uint8Array(20)).catch(() => undefined)
      await hosts[(i + 1) % 6]!.network.pull(network.self, ref).catch(() => undefined)
      await clock.sleep(10 * i)
    }
  })
  await simulator.run({})
  await Promise.all(runs)

  return { digest: simulator.digest, log, events: simulator.events, nowMs: simulator.nowMs, hosts, simulator }
}

describe('a run', () => {
  test('is the same for the same seed, and another for another', async () => {
    const traces: TraceEvent[][] = [[], []]
    const [a, b, c] = [await busyRun(1, () => 0, traces[0]), await busyRun(1, () => 0, traces[1]), await busyRun(2)]

    expect(a.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(b.digest).toBe(a.digest)
    expect(traces[1]).toEqual(traces[0])
    expect(b.log).toEqual(a.log)
    expect(a.log.length).toBeGreaterThan(40)
    expect(c.digest).not.toBe(a.digest)
    const kinds = new Set(traces[0]!.map(({ kind }) => kind))
    expect([...kinds]).toEqual(expect.arrayContaining(['sent', 'delivered', 'lost', 'duplicated', 'timer', 'computed']))
  })

  test('does not depend on how long real work takes, nor on which is ready first', async () => {
    const [quick, upwards, downwards] = [
      await busyRun(3),
      await busyRun(3, (i) => 3 * i),
      await busyRun(3, (i) => 15 - 3 * i)
    ]

    expect(upwards).toMatchObject({ digest: quick.digest, log: quick.log, nowMs: quick.nowMs })
    expect(downwards).toMatchObject({ digest: quick.digest, log: quick.log, nowMs: quick.nowMs })
  })

  test('without a trace is the same as with one', async () => {
    expect((await busyRun(4)).digest).toBe((await busyRun(4, () => 0, [])).digest)
  })

  test('the digest sees time, kind, peers, sizes and the content of models', async () => {
    const digest = async (act: (hosts: ReturnType<typeof setUp>['hosts']) => unknown): Promise<string> => {
      const { simulator, hosts } = setUp(3)
      const acted = act(hosts)
      if (acted instanceof Promise) acted.catch(() => undefined)
      await simulator.run({})
      return simulator.digest
    }
    const model = (fill: number) => new Uint8Array(100).fill(fill)
    const digests = await Promise.all([
      digest(() => undefined),
      digest(([a]) => a!.clock.sleep(10)),
      digest(([a]) => a!.clock.sleep(11)),
      digest(([, b]) => b!.clock.sleep(10)),
      digest(([a]) => a!.network.send('node1', 'x', new Uint8Array(1))),
      digest(([a]) => a!.network.send('node1', 'x', new Uint8Array(2))),
      digest(([a]) => a!.network.send('node2', 'x', new Uint8Array(1))),
      digest(([, b]) => b!.network.send('node2', 'x', new Uint8Array(1))),
      digest(([a, b]) => a!.network.pull('node1', b!.network.offer(model(1)))),
      digest(([a, b]) => a!.network.pull('node1', b!.network.offer(model(2))))
    ])

    expect(new Set(digests).size).toBe(digests.length)
  })

  test('leaves nothing behind when all is done', async () => {
    const { hosts } = await busyRun(5)

    for (const host of hosts) expect(host.leaks()).toEqual({ ...NO_LEAKS, handlers: 2 })
  })
})

describe('the order of events', () => {
  test('is by time, then by who was first, and promises settle in between', async () => {
    const { simulator, hosts } = setUp(1)
    const { clock } = hosts[0]!
    const order: string[] = []
    simulator.schedule(20, () => order.push('b'))
    simulator.schedule(10, () => {
      order.push('a')
      let chain: Promise<unknown> = Promise.resolve()
      for (let i = 0; i < 50; i++) chain = chain.then(() => undefined)
      chain.then(() => order.push('after a'))
      void clock.sleep(0).then(() => order.push('next'))
    })
    simulator.schedule(20, () => order.push('c'))
    await simulator.run({ afterEvent: () => order.push('|') })

    expect(order.join(' ')).toBe('a after a | next | b | c |')
  })

  test('holds for a thousand random times, some cancelled', async () => {
    const { simulator } = setUp(1)
    const fired: number[] = []
    const expected: number[] = []
    for (let i = 0; i < 3000; i++) {
      const ms = (i * 7919) % 1009
      const cancel = simulator.schedule(ms, () => fired.push(ms + i / 10_000))
      if (i % 3 === 0) expected.push(ms + i / 10_000)
      else cancel()
    }
    expect(simulator.pending).toBe(1000)
    await simulator.run({})

    expect(fired).toEqual(expected.toSorted((a, b) => a - b))
    expect(simulator.pending).toBe(0)
    expect(simulator.events).toBe(1000)
  })
})

describe('a run ends', () => {
  test('when there is nothing more to do, and time has passed if it was asked to', async () => {
    const { simulator } = setUp(1)
    expect(await simulator.run({})).toBe('idle')
    expect(await simulator.run({ maxMs: 100 })).toBe('idle')
    expect(simulator.nowMs).toBe(100)
  })

  test('after so much time, with what comes later left for the next run', async () => {
    const { simulator } = setUp(1)
    const fired: number[] = []
    for (const ms of [10, 100, 101]) simulator.schedule(ms, () => fired.push(simulator.nowMs))

    expect(await simulator.run({ maxMs: 100 })).toBe('ms')
    expect({ fired: [...fired], nowMs: simulator.nowMs, pending: simulator.pending }).toEqual({
      fired: [10, 100],
      nowMs: 100,
      pending: 1
    })
    expect(await simulator.run({})).toBe('idle')
    expect(fired).toEqual([10, 100, 101])
  })

  test('after so many events, on a condition, and on a signal', async () => {
    const { simulator, hosts } = setUp(1)
    const forever = async (): Promise<void> => {
      for (;;) await hosts[0]!.clock.sleep(1)
    }
    void forever()
    expect(await simulator.run({ maxEvents: 10 })).toBe('events')
    expect(simulator.events).toBe(10)
    expect(await simulator.run({ until: () => simulator.nowMs >= 25 })).toBe('until')
    expect(simulator.nowMs).toBe(25)
    const abort = new AbortController()
    simulator.schedule(5, () => abort.abort())
    expect(await simulator.run({ signal: abort.signal })).toBe('aborted')
    expect(await simulator.run({ signal: AbortSignal.abort() })).toBe('aborted')
    expect(simulator.nowMs).toBe(30)
  })

  test('on a signal also while real work is waited for', async () => {
    const { simulator, hosts } = setUp(1)
    const stuck = Promise.withResolvers<void>()
    const watched = watch(
      simulator,
      hosts[0]!.compute(10, () => stuck.promise)
    )
    const abort = new AbortController()
    const run = simulator.run({ signal: abort.signal })
    await realSleep(5)
    abort.abort()

    expect(await run).toBe('aborted')
    expect(watched.outcome).toBeUndefined()
    stuck.resolve()
    expect(await simulator.run({})).toBe('idle')
    expect(watched.outcome).toMatchObject({ ms: 10 })
  })

  test('with the error of a handler, listener or action that nobody foresaw', async () => {
    const { simulator, hosts } = setUp(2)
    hosts[1]!.network.handle('x', {
      message: () => {
        throw new TypeError('a bug')
      }
    })
    await hosts[0]!.network.send('node1', 'x', new Uint8Array(1))
    await expect(simulator.run({})).rejects.toThrow('a bug')

    const { simulator: other } = setUp(1)
    other.schedule(1, () => {
      throw new Error('in the scenario')
    })
    await expect(other.run({})).rejects.toThrow('in the scenario')
  })

  test('but is not begun twice at a time', async () => {
    const { simulator } = setUp(1)
    const run = simulator.run({})
    await expect(simulator.run({})).rejects.toThrow('running already')
    await run
  })
})

describe('compute', () => {
  test('takes its virtual time, times the slowness, one piece at a time', async () => {
    const { simulator, hosts } = setUp(1)
    const slow = simulator.join('slow', { slowness: 3 })
    const outcomes = [
      watch(
        simulator,
        hosts[0]!.compute(100, async () => 'a')
      ),
      watch(
        simulator,
        hosts[0]!.compute(50, async () => 'b')
      ),
      watch(
        simulator,
        slow.compute(100, async () => 'c')
      )
    ]
    await simulator.run({})

    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      { value: 'a', ms: 100 },
      { value: 'b', ms: 150 },
      { value: 'c', ms: 300 }
    ])
  })

  test('fails when its virtual time is over', async () => {
    const { simulator, hosts } = setUp(1)
    const watched = watch(
      simulator,
      hosts[0]!.compute(40, async () => Promise.reject(new Error('no memory')))
    )
    await simulator.run({})
    expect(watched.outcome).toEqual({ code: 'no memory', ms: 40 })
  })

  test('ends at once on abort; the next piece waits for the real work, not for its virtual time', async () => {
    const { simulator, hosts } = setUp(1)
    const abort = new AbortController()
    const done: string[] = []
    const first = async (): Promise<void> => {
      await realSleep(20)
      done.push('first')
    }
    const aborted = watch(simulator, hosts[0]!.compute(100, first, { signal: abort.signal }))
    const next = watch(
      simulator,
      hosts[0]!.compute(10, async () => done.push('second'))
    )
    simulator.schedule(30, () => abort.abort(new Error('enough')))
    await simulator.run({})

    expect(aborted.outcome).toEqual({ code: 'enough', ms: 30 })
    expect(next.outcome).toEqual({ value: 2, ms: 40 })
    expect(done).toEqual(['first', 'second'])
  })

  test('is cut off by a crash', async () => {
    const { simulator, hosts } = setUp(1)
    const watched = watch(
      simulator,
      hosts[0]!.compute(100, async () => 1)
    )
    simulator.schedule(30, () => hosts[0]!.crash())
    await simulator.run({})
    expect(watched.outcome).toEqual({ code: 'ERR_NETWORK_STOPPED', ms: 30 })
  })
})

test('sleepers wake in time, or with the reason of their signal, and leave no timer', async () => {
  const { simulator, hosts } = setUp(1)
  const { clock } = hosts[0]!
  const abort = new AbortController()
  const outcomes = [
    watch(simulator, clock.sleep(25)),
    watch(simulator, clock.sleep(-5)),
    watch(simulator, clock.sleep(100, { signal: abort.signal })),
    watch(simulator, clock.sleep(Number.POSITIVE_INFINITY, { signal: abort.signal })),
    watch(simulator, clock.sleep(1, { signal: AbortSignal.abort(new Error('before')) }))
  ]
  expect(hosts[0]!.leaks().timers).toBe(4)
  simulator.schedule(40, () => abort.abort(new Error('up')))
  await simulator.run({})

  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    { value: undefined, ms: 25 },
    { value: undefined, ms: 0 },
    { code: 'up', ms: 40 },
    { code: 'up', ms: 40 },
    { code: 'before', ms: 0 }
  ])
  expect(hosts[0]!.leaks()).toEqual(NO_LEAKS)
  expect(simulator.nowMs).toBe(40)
})

test.each([
  [{ loss: 1.5 }, 'loss 1.5'],
  [{ duplication: -1 }, 'duplication -1'],
  [{ reordering: Number.NaN }, 'reordering NaN'],
  [{ detectMs: -1 }, 'detectMs -1'],
  [{ bytesPerSecond: { up: 0, down: 1 } }, 'bandwidth 0 up']
])('refuses links %o', (links, message) => {
  expect(() => setUp(0, links)).toThrow(message)
})

test('refuses a machine that is there already, or slower than nothing', () => {
  const { simulator } = setUp(1)
  expect(() => simulator.join('node0')).toThrow('in the simulation already')
  expect(() => simulator.join('x', { slowness: 0 })).toThrow('slowness 0')
})
