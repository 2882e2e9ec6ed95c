import { describe, expect, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { createLatency, hashName } from '../../src/sim/latency.ts'
import { DEFAULT_LINKS, type LatencySpec, latencyFile, parseBandwidth, parseLatency } from '../../src/sim/link-spec.ts'
import { messageWireBytes, modelWireBytes, pullRequestWireBytes } from '../../src/sim/wire-bytes.ts'
import { settle, setUp, watch } from './hosts.ts'

const ends = Array.from({ length: 200 }, (_, slot) => ({ slot, nameHash: hashName(`node${slot}`) }))

function latencyOf(spec: LatencySpec, seed = 1) {
  return createLatency(spec, { seed, rng: createRng(seed, 'test') })
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]!

describe('latency', () => {
  test('constant and matrix, by order of joining', () => {
    expect(latencyOf({ kind: 'constant', ms: 50 })(ends[0]!, ends[1]!)).toBe(50)
    const matrix = latencyOf({
      kind: 'matrix',
      ms: [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9]
      ]
    })
    expect(matrix(ends[0]!, ends[2]!)).toBe(3)
    expect(matrix(ends[2]!, ends[0]!)).toBe(7)
    expect(matrix(ends[4]!, ends[5]!)).toBe(6) // 1, 2: they wrap
  })

  test('uniform fills its range', () => {
    const draw = latencyOf({ kind: 'uniform', minMs: 20, maxMs: 200 })
    const drawn = Array.from({ length: 2000 }, () => draw(ends[0]!, ends[1]!))
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(20)
    expect(Math.max(...drawn)).toBeLessThan(200)
    expect(quantile(drawn, 0.25)).toBeGreaterThan(55)
    expect(quantile(drawn, 0.25)).toBeLessThan(75)
  })

  test('long-tail: pairs differ around the median, the same both ways; one message in a hundred straggles', () => {
    const draw = latencyOf({ kind: 'long-tail', medianMs: 60 })
    const bases: number[] = []
    let stragglers = 0
    for (const a of ends.slice(0, 100)) {
      const b = ends[100 + a.slot]!
      const there = Array.from({ length: 50 }, () => draw(a, b))
      const back = Array.from({ length: 50 }, () => draw(b, a))
      const base = Math.min(...there, ...back)
      expect(Math.min(...there) / Math.min(...back)).toBeCloseTo(1, 1)
      stragglers += [...there, ...back].filter((ms) => ms > 2 * base).length
      bases.push(base)
    }
    // of 100 log-normal bases with a spread of 0.5
    expect(quantile(bases, 0.5)).toBeGreaterThan(50)
    expect(quantile(bases, 0.5)).toBeLessThan(75)
    expect(quantile(bases, 0.84) / quantile(bases, 0.16)).toBeGreaterThan(2)
    expect(quantile(bases, 0.84) / quantile(bases, 0.16)).toBeLessThan(4)
    expect(stragglers).toBeGreaterThan(50) // of 10,000
    expect(stragglers).toBeLessThan(150)
    const other = latencyOf({ kind: 'long-tail', medianMs: 60 }, 2)
    expect(other(ends[0]!, ends[1]!) / draw(ends[0]!, ends[1]!)).not.toBeCloseTo(1, 2)
  })
})

describe('bandwidth', () => {
  /** Milliseconds for so many bytes at 100,000 bytes a second. */
  const at100k = (bytes: number): number => bytes / 100
  const links = { bytesPerSecond: { up: 100_000, down: 200_000 } }

  test('models leave one after another, and what is small passes by', async () => {
    const { simulator, hosts } = setUp(3, links)
    const [a, b, c] = hosts.map(({ network }) => network)
    const ref = a!.offer(new Uint8Array(100_000))
    c!.handle('note', { message: () => undefined })
    const heard: number[] = []
    b!.handle('note', { message: () => heard.push(simulator.nowMs) })
    const [first, second] = [watch(simulator, b!.pull('node0', ref)), watch(simulator, c!.pull('node0', ref))]
    simulator.schedule(100, () => void a!.send('node1', 'note', new Uint8Array(1000)))
    await simulator.run({})

    // request: latency and its own time; model: latency and the uplink's time, which is the slower link's
    const asked = 10 + at100k(pullRequestWireBytes())
    const model = at100k(modelWireBytes(100_000))
    expect(first.outcome!.ms).toBeCloseTo(asked + 10 + model, 6)
    expect(second.outcome!.ms).toBeCloseTo(asked + 10 + 2 * model, 6)
    expect(heard[0]).toBeCloseTo(100 + 10 + at100k(messageWireBytes(1000)), 6)
  })

  test('a model that nobody wants any more stops where it is', async () => {
    const { simulator, hosts } = setUp(2, links)
    const ref = hosts[0]!.network.offer(new Uint8Array(100_000))
    const abort = new AbortController()
    const { network } = hosts[1]!
    const aborted = watch(simulator, network.pull('node0', ref, { signal: abort.signal }))
    const asked = 10 + at100k(pullRequestWireBytes())
    simulator.schedule(asked + 400, () => abort.abort(new Error('enough')))
    let next: ReturnType<typeof watch<Uint8Array>> | undefined
    simulator.schedule(asked + 400, () => {
      next = watch(simulator, network.pull('node0', ref))
    })
    await simulator.run({})

    expect(aborted.outcome).toMatchObject({ code: 'enough' })
    // 400 ms are 40,000 bytes; the next one waits for nobody
    expect(hosts[0]!.network.traffic().sent).toBe(40_000 + modelWireBytes(100_000))
    expect(next!.outcome!.ms).toBeCloseTo(asked + 400 + asked + 10 + at100k(modelWireBytes(100_000)), 6)
  })

  test('models arrive one after another at a slow downlink', async () => {
    const { simulator, hosts } = setUp(2, links)
    const slow = simulator.join('slow', { bytesPerSecond: { up: 100_000, down: 50_000 } })
    const refs = hosts.map(({ network }, i) => network.offer(new Uint8Array(100_000).fill(i)))
    const pulls = refs.map((ref, i) => watch(simulator, slow.network.pull(`node${i}`, ref)))
    await simulator.run({})

    const started = 10 + at100k(pullRequestWireBytes()) + 10
    const model = 2 * at100k(modelWireBytes(100_000))
    expect(pulls[0]!.outcome!.ms).toBeCloseTo(started + model, 6)
    expect(pulls[1]!.outcome!.ms).toBeCloseTo(started + 2 * model, 6)
  })

  test('messages of 16 KiB queue as models do', async () => {
    const { simulator, hosts } = setUp(2, links)
    const heard: number[] = []
    hosts[1]!.network.handle('big', { message: () => heard.push(simulator.nowMs) })
    for (let i = 0; i < 2; i++) await hosts[0]!.network.send('node1', 'big', new Uint8Array(20_000))
    await simulator.run({})
    expect(heard[1]! - heard[0]!).toBeCloseTo(at100k(messageWireBytes(20_000)), 6)
  })

  test('unlimited costs the latency alone', async () => {
    const { simulator, hosts } = setUp(2)
    const ref = hosts[1]!.network.offer(new Uint8Array(1_000_000))
    expect((await settle(simulator, hosts[0]!.network.pull('node1', ref)))!.ms).toBe(20)
  })
})

/** Arrival times of `n` messages, sent a millisecond apart. */
async function arrivals(n: number, links: Parameters<typeof setUp>[1], seed = 1): Promise<number[]> {
  const { simulator, hosts } = setUp(2, links, { seed })
  const heard: number[] = []
  hosts[1]!.network.handle('note', { message: () => heard.push(simulator.nowMs) })
  for (let i = 0; i < n; i++)
    simulator.schedule(i, () => void hosts[0]!.network.send('node1', 'note', Uint8Array.of(1)))
  await simulator.run({})

  return heard
}

describe('faults', () => {
  // four standard deviations of a binomial of 5,000 at 0.1 are 85
  test('lose and repeat as many messages as asked for', async () => {
    expect(Math.abs((await arrivals(5000, { loss: 0.1 })).length - 4500)).toBeLessThan(85)
    expect(Math.abs((await arrivals(5000, { duplication: 0.1 })).length - 5500)).toBeLessThan(85)
    expect(await arrivals(100, { loss: 1 })).toEqual([])
    expect(await arrivals(100, { duplication: 1 })).toHaveLength(200)
  })

  test('delay as many messages as asked for by three to six latencies', async () => {
    const latencyMs = 1000
    const { simulator, hosts } = setUp(2, { latency: { kind: 'constant', ms: latencyMs }, reordering: 0.1 })
    const late: number[] = []
    hosts[1]!.network.handle('note', {
      message: (_, bytes) => {
        const sentMs = new DataView(bytes.buffer).getUint32(0)
        if (simulator.nowMs - sentMs > latencyMs) late.push((simulator.nowMs - sentMs) / latencyMs)
      }
    })
    for (let i = 0; i < 5000; i++) {
      const stamp = new Uint8Array(4)
      new DataView(stamp.buffer).setUint32(0, i)
      simulator.schedule(i, () => void hosts[0]!.network.send('node1', 'note', stamp))
    }
    await simulator.run({})

    expect(Math.abs(late.length - 500)).toBeLessThan(85)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(3)
    expect(Math.max(...late)).toBeLessThanOrEqual(6)
  })
})

test.each([
  ['constant:50', { kind: 'constant', ms: 50 }],
  ['constant:0', { kind: 'constant', ms: 0 }],
  ['uniform:20-200', { kind: 'uniform', minMs: 20, maxMs: 200 }],
  ['long-tail:62.5', { kind: 'long-tail', medianMs: 62.5 }]
])('latency %s', (text, spec) => {
  expect(parseLatency(text)).toEqual(spec)
})

test('a matrix is read from the text of its file', () => {
  expect(latencyFile('matrix:a/b.txt')).toBe('a/b.txt')
  expect(latencyFile('constant:5')).toBeUndefined()
  expect(parseLatency('matrix:a.txt', '# from Berlin\n0 1.5\n2, 0\n')).toEqual({
    kind: 'matrix',
    ms: [
      [0, 1.5],
      [2, 0]
    ]
  })
})

test.each([
  ['', undefined, 'expected constant:50'],
  ['50', undefined, 'expected constant:50'],
  ['constant:-5', undefined, 'expected constant:50'],
  ['constant:1-2', undefined, 'expected constant:50'],
  ['constant:99999999', undefined, 'not from 0 to 3600000'],
  ['uniform:200-20', undefined, 'expected constant:50'],
  ['long-tail:0', undefined, 'expected constant:50'],
  ['matrix:x', undefined, 'expected constant:50'],
  ['matrix:x', '', 'as many numbers'],
  ['matrix:x', '1 2\n3', 'as many numbers'],
  ['matrix:x', '1 two\n3 4', '"two" is not from 0']
])('latency "%s" with a file of %j is refused', (text, file, message) => {
  expect(() => parseLatency(text, file)).toThrow(message)
})

test.each([
  ['50Mbit', { up: 6_250_000, down: 6_250_000 }],
  ['1Gbit', { up: 125_000_000, down: 125_000_000 }],
  ['5Mbit/50Mbit', { up: 625_000, down: 6_250_000 }],
  ['800kbit/unlimited', { up: 100_000, down: Number.POSITIVE_INFINITY }],
  ['unlimited', { up: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY }]
])('bandwidth %s', (text, spec) => {
  expect(parseBandwidth(text)).toEqual(spec)
})

test.each(['', '50', '50MB', '0Mbit', '-1Mbit', '1Mbit/', '1Mbit/fast', '1Mbit/1Mbit/1Mbit'])(
  'bandwidth "%s" is refused',
  (text) => {
    expect(() => parseBandwidth(text)).toThrow(`bandwidth "${text}"`)
  }
)

test('the default loses nothing', () => {
  expect(DEFAULT_LINKS).toMatchObject({ loss: 0, duplication: 0, bytesPerSecond: { up: 6_250_000, down: 6_250_000 } })
})
