import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import type { TraceEvent } from '../../src/sim/trace.ts'
import { NO_LEAKS, settle, setUp, watch } from './hosts.ts'

const BYTES = Uint8Array.of(1, 2, 3)
const TOO_LONG = new Uint8Array(65_537)
const NO_MODEL = { hash: '0'.repeat(64), bytes: 100 }

/** Two hosts, of which the second answers. */
function pair(links: Parameters<typeof setUp>[1] = {}, init: Parameters<typeof setUp>[2] = {}) {
  const { simulator, hosts } = setUp(2, links, init)
  const [a, b] = [hosts[0]!, hosts[1]!]
  b.network.handle('echo', { request: async (_, bytes) => bytes })

  return { simulator, a, b }
}

describe('messages', () => {
  test('arrive after a latency, as they were when they were sent', async () => {
    const { simulator, a, b } = pair()
    const heard: unknown[] = []
    b.network.handle('note', { message: (from, bytes) => heard.push([from, [...bytes], simulator.nowMs]) })
    const bytes = Uint8Array.of(7)
    await a.network.send('node1', 'note', bytes)
    bytes[0] = 8
    await simulator.run({})

    expect(heard).toEqual([['node0', [7], 10]])
  })

  test('published ones reach every other subscriber that is connected, and are charged for each', async () => {
    const { simulator, hosts } = setUp(4)
    const heard: string[] = []
    const stop = hosts.map(({ network }) => network.subscribe('t', (from) => heard.push(`${from} ${network.self}`)))
    stop[3]!()
    await hosts[0]!.network.publish('t', BYTES)
    await simulator.run({})

    expect(heard).toEqual(['node0 node1', 'node0 node2'])
    const { sent } = hosts[0]!.network.traffic()
    expect(sent).toBe(2 * hosts[1]!.network.traffic().received)
    expect(sent).toBeGreaterThan(2 * BYTES.length)
    expect(hosts[3]!.network.traffic()).toEqual({ sent: 0, received: 0 })
  })

  test('that a handler refuses are reported where they arrived', async () => {
    const { simulator, a, b } = pair()
    const rejected: unknown[] = []
    b.network.on('peer:rejected', (detail) => rejected.push(detail))
    const refuse = (): never => {
      throw new RejectedError('ERR_TEST', 'penalise', 'no')
    }
    b.network.handle('note', { message: refuse })
    b.network.handle('ask', { request: async () => refuse() })
    b.network.subscribe('t', refuse)
    await a.network.send('node1', 'note', BYTES)
    await a.network.publish('t', BYTES)
    const outcome = await settle(simulator, a.network.request('node1', 'ask', BYTES))

    expect(outcome).toEqual({ code: 'ERR_STREAM_CLOSED', ms: 20 })
    expect(rejected).toEqual(Array(3).fill({ peer: 'node0', code: 'ERR_TEST', verdict: 'penalise' }))
  })

  test('above 64 KiB, to strangers, and of the dead are refused', async () => {
    const { simulator, a, b } = pair()
    const codes = async (...promises: Promise<unknown>[]): Promise<unknown[]> =>
      Promise.all(promises.map((promise) => promise.catch(({ code }) => code)))

    const { network } = a
    expect(
      await codes(
        network.send('node1', 'x', TOO_LONG),
        network.request('node1', 'x', TOO_LONG),
        network.publish('t', TOO_LONG)
      )
    ).toEqual(Array(3).fill('ERR_ENCODE_LIMIT'))
    expect(
      await codes(
        network.send('nobody', 'x', BYTES),
        network.request('nobody', 'x', BYTES),
        network.pull('nobody', NO_MODEL)
      )
    ).toEqual(Array(3).fill('ERR_PEER_UNKNOWN'))
    b.crash()
    expect(
      await codes(
        b.network.send('node0', 'x', BYTES),
        b.network.request('node0', 'x', BYTES),
        b.network.publish('t', BYTES),
        b.network.pull('node0', NO_MODEL)
      )
    ).toEqual(Array(4).fill('ERR_NETWORK_STOPPED'))
    await simulator.run({})
  })

  test('a protocol is handled once', () => {
    const { b } = pair()
    const handlers = { message: () => undefined }
    expect(() => b.network.handle('echo', handlers)).toThrow('handled already')
    const stop = b.network.handle('other', handlers)
    stop()
    b.network.handle('other', handlers)
    stop() // belongs to the first
    expect(b.leaks().handlers).toBe(2)
  })
})

describe('requests', () => {
  test('are answered after two latencies', async () => {
    const { simulator, a } = pair()
    expect(await settle(simulator, a.network.request('node1', 'echo', BYTES))).toEqual({ value: BYTES, ms: 20 })
    expect(a.leaks()).toEqual(NO_LEAKS)
  })

  test.each([
    ['nobody', 'ERR_PROTOCOL_UNKNOWN'],
    ['message', 'ERR_STREAM_CLOSED'],
    ['long', 'ERR_STREAM_CLOSED']
  ])('to a handler "%s" fail with %s', async (protocol, code) => {
    const { simulator, a, b } = pair()
    b.network.handle('message', { message: () => undefined })
    b.network.handle('long', { request: async () => TOO_LONG })
    expect(await settle(simulator, a.network.request('node1', protocol, BYTES))).toEqual({ code, ms: 20 })
  })

  test('end at their deadline, on both sides, and with the reason of a signal', async () => {
    const { simulator, a, b } = pair()
    const served: unknown[] = []
    b.network.handle('slow', {
      request: (_, __, { signal }) =>
        new Promise((_, reject) => {
          signal!.addEventListener('abort', () => {
            served.push([signal!.reason.code, simulator.nowMs])
            reject(signal!.reason)
          })
        })
    })
    const abort = new AbortController()
    const late = watch(simulator, a.network.request('node1', 'slow', BYTES))
    const aborted = watch(simulator, a.network.request('node1', 'slow', BYTES, { signal: abort.signal }))
    expect(a.network.waits()).toMatchObject([{ what: 'an answer (slow)', from: ['node1'], untilMs: 15_000 }, {}])
    simulator.schedule(50, () => {
      expect(b.leaks().exchanges).toBe(2)
      abort.abort(new Error('enough'))
    })
    await simulator.run({})

    expect(late.outcome).toEqual({ code: 'ERR_WAIT_TIMEOUT', ms: 15_000 })
    expect(aborted.outcome).toEqual({ code: 'enough', ms: 50 })
    expect(served).toEqual(Array(2).fill(['ERR_WAIT_TIMEOUT', 15_010]))
    expect([a.leaks().exchanges, b.leaks().exchanges]).toEqual([0, 0])
  })

  test('that are lost end at their deadline', async () => {
    const { simulator, a } = pair({ loss: 1 })
    expect(await settle(simulator, a.network.request('node1', 'echo', BYTES))).toEqual({
      code: 'ERR_WAIT_TIMEOUT',
      ms: 15_000
    })
  })

  test('that arrive twice are served twice and answered once', async () => {
    const { simulator, a, b } = pair({ duplication: 1 })
    let served = 0
    b.network.handle('count', { request: async () => Uint8Array.of(++served) })
    expect(await settle(simulator, a.network.request('node1', 'count', BYTES))).toEqual({
      value: Uint8Array.of(1),
      ms: 20
    })
    expect(served).toBe(2)
  })
})

describe('pulls', () => {
  const MODEL = new Uint8Array(1000).map((_, i) => i)

  test('bring the very bytes that were offered, or a copy into the memory given', async () => {
    const { simulator, a, b } = pair()
    const ref = b.network.offer(MODEL)
    const into = new Uint8Array(2000)
    const [shared, copied] = [a.network.pull('node1', ref), a.network.pull('node1', ref, { into })]
    await simulator.run({})

    expect(await shared).toBe(MODEL)
    expect(await copied).toEqual(MODEL)
    expect((await copied).buffer).toBe(into.buffer)
    expect(b.network.traffic().sent).toBe(a.network.traffic().received)
    expect(b.network.traffic().sent).toBeGreaterThan(2 * MODEL.length)
  })

  test('of the same model from the same peer share the transfer', async () => {
    const { simulator, a, b } = pair()
    const ref = b.network.offer(MODEL)
    const abort = new AbortController()
    const outcomes = [
      watch(simulator, a.network.pull('node1', ref, { signal: abort.signal })),
      watch(simulator, a.network.pull('node1', ref))
    ]
    simulator.schedule(5, () => abort.abort(new Error('enough')))
    await simulator.run({})

    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      { code: 'enough', ms: 5 },
      { value: MODEL, ms: 20 }
    ])
    expect(b.network.traffic().sent).toBeLessThan(2 * MODEL.length)
    expect(a.leaks()).toEqual(NO_LEAKS)
  })

  test('of what is not on offer fail; four models are, the newest', async () => {
    const { simulator, a, b } = pair()
    const refs = Array.from({ length: 6 }, (_, i) => b.network.offer(new Uint8Array(100).fill(i)))
    b.network.withdraw(refs[5]!.hash)
    const outcomes = refs.map((ref) => watch(simulator, a.network.pull('node1', ref)))
    await simulator.run({})

    const gone = { code: 'ERR_MODEL_NOT_FOUND', ms: 20 }
    expect(outcomes.map(({ outcome }) => outcome)).toMatchObject([gone, gone, { ms: 20 }, { ms: 20 }, { ms: 20 }, gone])
  })

  test('of another length than the model has fail', async () => {
    const { simulator, a, b } = pair()
    const rejected: unknown[] = []
    a.network.on('peer:rejected', (detail) => rejected.push(detail))
    const { hash } = b.network.offer(MODEL)
    const outcomes = [
      watch(simulator, a.network.pull('node1', { hash, bytes: 999 })),
      watch(simulator, a.network.pull('node1', { hash, bytes: 1001 }))
    ]
    await simulator.run({})

    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      { code: 'ERR_MODEL_OVERRUN', ms: 20 },
      { code: 'ERR_MODEL_TRUNCATED', ms: 20 }
    ])
    expect(rejected).toEqual([{ peer: 'node1', code: 'ERR_MODEL_OVERRUN', verdict: 'penalise' }])
  })

  test('that are lost stall', async () => {
    const { simulator, a, b } = pair({ loss: 1 })
    const ref = b.network.offer(MODEL)
    expect(await settle(simulator, a.network.pull('node1', ref))).toEqual({ code: 'ERR_MODEL_STALLED', ms: 15_000 })
  })

  test('that move, but too slowly, end at the deadline of their length', async () => {
    const { simulator, a, b } = pair({ bytesPerSecond: { up: 5000, down: 5000 } })
    const ref = b.network.offer(new Uint8Array(1_000_000))
    const outcome = await settle(simulator, a.network.pull('node1', ref))

    expect(outcome).toMatchObject({ code: 'ERR_WAIT_TIMEOUT' })
    expect(outcome!.ms).toBeCloseTo(30_000 + 1_000_000 / 16.384, 6)
  })

  test('are served four to a peer and 32 in all at once, and 32 are fetched', async () => {
    const links = { bytesPerSecond: { up: 1e6, down: Number.POSITIVE_INFINITY } }
    const { simulator, hosts } = setUp(11, links)
    const refs = hosts.map(({ network }) => network.offer(new Uint8Array(100_000)))
    const pulls = (from: number, to: number, count: number) =>
      Array.from({ length: count }, () =>
        watch(simulator, hosts[to]!.network.pull(`node${from}`, refs[from]!, { into: new Uint8Array(100_000) }))
      )
    const toOne = pulls(0, 1, 5)
    const toAll = hosts.slice(2).flatMap((_, i) => pulls(1, i + 2, 4))
    const many = hosts.slice(0, 9).flatMap((_, from) => pulls(from, 10, 4))
    const results = (watched: typeof toOne) =>
      watched.map(({ outcome }) => (outcome !== undefined && 'code' in outcome ? outcome.code : 'ok'))
    await simulator.run({})

    expect(results(toOne)).toEqual(['ok', 'ok', 'ok', 'ok', 'ERR_MODEL_BUSY'])
    // 4 of these 36 and 4 more below find node1 full
    expect(results(toAll).filter((result) => result === 'ok')).toHaveLength(32)
    expect(results(many)).toContain('ERR_PULL_LIMIT')
  })

  test.each([
    [{ hash: 'x', bytes: 10 }, {}, 'not a reference'],
    [{ ...NO_MODEL, bytes: 0 }, {}, 'not a reference'],
    [NO_MODEL, { into: new Uint8Array(99) }, 'into has 99 bytes']
  ])('of %o are refused', async (ref, options, message) => {
    const { a } = pair()
    await expect(a.network.pull('node1', ref, options)).rejects.toThrow(message)
  })
})

describe('a machine that ends', () => {
  function watched(detectMs = 1000) {
    const { simulator, hosts } = setUp(3, { detectMs })
    const [a, b] = [hosts[0]!, hosts[1]!]
    const seen: string[] = []
    for (const event of ['peer:connected', 'peer:disconnected'] as const) {
      a.network.on(event, ({ peer }) => seen.push(`${event} ${peer} ${simulator.nowMs}`))
    }
    b.network.handle('never', { request: () => new Promise(() => undefined) })

    return { simulator, a, b, seen }
  }

  test('by a crash is noticed after a while; what waits for it breaks off then', async () => {
    const { simulator, a, b, seen } = watched()
    const request = watch(simulator, a.network.request('node1', 'never', BYTES))
    const pull = watch(simulator, a.network.pull('node1', NO_MODEL))
    const own = watch(simulator, b.network.request('node0', 'never', BYTES))
    const slept = watch(simulator, b.clock.sleep(100))
    simulator.schedule(5, () => b.crash())
    simulator.schedule(6, () => expect(a.network.peers()).toEqual(['node1', 'node2']))
    await simulator.run({})

    expect(request.outcome).toEqual({ code: 'ERR_STREAM_CLOSED', ms: 1005 })
    expect(pull.outcome).toEqual({ code: 'ERR_MODEL_TRUNCATED', ms: 1005 })
    expect(own.outcome).toEqual({ code: 'ERR_NETWORK_STOPPED', ms: 5 })
    expect(slept.outcome).toBeUndefined()
    expect(seen).toEqual(['peer:disconnected node1 1005'])
    expect(a.network.peers()).toEqual(['node2'])
    expect(b.leaks()).toEqual({ ...NO_LEAKS, handlers: 1 })
    expect(b.isAlive).toBe(false)
  })

  test('by a stop tells its peers, in one latency', async () => {
    const { simulator, a, b, seen } = watched()
    const request = watch(simulator, a.network.request('node1', 'never', BYTES))
    simulator.schedule(15, () => b.stop())
    await simulator.run({})

    expect(request.outcome).toEqual({ code: 'ERR_STREAM_CLOSED', ms: 25 })
    expect(seen).toEqual(['peer:disconnected node1 25'])
  })

  test('comes back as another, connected with all; those that had not noticed are not told', async () => {
    const { simulator, a, b, seen } = watched()
    const request = watch(simulator, a.network.request('node1', 'never', BYTES))
    simulator.schedule(10, () => b.crash())
    simulator.schedule(20, () => {
      const again = simulator.join('node1')
      again.network.handle('hello', { request: async () => BYTES })
      expect(again.network.peers()).toEqual(['node0', 'node2'])
    })
    const hello = Promise.withResolvers<Uint8Array>()
    simulator.schedule(30, () => a.network.request('node1', 'hello', BYTES).then(hello.resolve, hello.reject))
    await simulator.run({})

    expect(await hello.promise).toEqual(BYTES)
    // what waited for the first life ends when that is noticed
    expect(request.outcome).toEqual({ code: 'ERR_STREAM_CLOSED', ms: 1010 })
    expect(seen).toEqual([])

    simulator.schedule(0, () => simulator.join('node3'))
    await simulator.run({})
    expect(seen).toEqual(['peer:connected node3 1010'])
  })

  test('sends no more than had left it: half a model is none', async () => {
    const { simulator, hosts } = setUp(2, { bytesPerSecond: { up: 1e5, down: 1e5 } })
    const ref = hosts[1]!.network.offer(new Uint8Array(100_000))
    const pull = watch(simulator, hosts[0]!.network.pull('node1', ref))
    simulator.schedule(500, () => hosts[1]!.crash())
    await simulator.run({})
    expect(pull.outcome).toEqual({ code: 'ERR_MODEL_TRUNCATED', ms: 1500 })
  })
})

test('a partition keeps groups apart until it heals', async () => {
  const trace: TraceEvent[] = []
  const { simulator, hosts } = setUp(4, {}, { onTrace: (event) => trace.push(event) })
  const seen: string[] = []
  const { network } = hosts[0]!
  network.on('peer:connected', ({ peer }) => seen.push(`+${peer} ${simulator.nowMs}`))
  network.on('peer:disconnected', ({ peer }) => seen.push(`-${peer} ${simulator.nowMs}`))
  for (const host of hosts) host.network.handle('echo', { request: async (_, bytes) => bytes })
  const ask = (peer: string) => watch(simulator, network.request(peer, 'echo', BYTES))

  const inFlight = ask('node2') // crosses the cut
  simulator.schedule(5, () => simulator.partition([['node0', 'node1']]))
  let within: ReturnType<typeof ask> | undefined
  simulator.schedule(6, () => {
    within = ask('node1')
  })
  simulator.schedule(2000, () => expect(network.peers()).toEqual(['node1']))
  simulator.schedule(2000, () => expect(simulator.join('node4').network.peers()).toEqual(['node2', 'node3']))
  simulator.schedule(3000, () => simulator.heal())
  let after: ReturnType<typeof ask> | undefined
  simulator.schedule(3001, () => {
    after = ask('node2')
  })
  await simulator.run({})

  expect(inFlight.outcome).toEqual({ code: 'ERR_STREAM_CLOSED', ms: 1005 })
  expect(within!.outcome).toEqual({ value: BYTES, ms: 26 })
  expect(after!.outcome).toEqual({ value: BYTES, ms: 3021 })
  expect(seen).toEqual(['-node2 1005', '-node3 1005', '+node2 3000', '+node3 3000', '+node4 3000'])
  expect(network.peers()).toEqual(['node1', 'node2', 'node3', 'node4'])
  expect(trace.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['partitioned', 'lost', 'healed']))
})

test('a partition that heals before anyone noticed is not noticed', async () => {
  const { simulator, hosts } = setUp(2)
  const seen: string[] = []
  hosts[0]!.network.on('peer:disconnected', ({ peer }) => seen.push(peer))
  simulator.partition([['node0'], ['node1']])
  simulator.schedule(500, () => simulator.heal())
  await simulator.run({})
  expect(seen).toEqual([])
})
