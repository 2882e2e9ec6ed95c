import { expect, test } from 'vitest'
import { WaitRegister, type WaitSpec } from '../../../src/interface/waits.ts'
import { WaitWatch } from '../../../src/node/inspect/wait-watch.ts'

const PEER = '12D3KooWabcdefgh'

/** A register and its watch, on a clock that the test moves; deadlines never come. */
function world() {
  let nowMs = 0
  const waits = new WaitRegister({ clock: { now: () => nowMs, sleep: () => new Promise(() => undefined) } })
  const lines: string[] = []
  const watch = new WaitWatch({ waits, log: (level, message) => lines.push(`${level} ${message}`) })
  const at = (ms: number): string[] => {
    nowMs = ms
    watch.look(nowMs)
    return lines.splice(0)
  }
  return { waits, at }
}

const spec = (what: string): WaitSpec => ({ kind: 'models', what, from: [PEER], timeoutMs: 1e6 })

test('a wait that lasts is told of, ever more rarely, and its end as well', async () => {
  const { waits, at } = world()
  const end = Promise.withResolvers<void>()
  const wait = waits.run(spec('3 models'), () => end.promise)
  await waits.run(spec('a word'), async () => undefined)
  expect(at(9_000)).toEqual([])
  expect(at(11_000)).toEqual(['info waiting for 3 models: peer ..abcdefgh, for 11.0 s, deadline in 989.0 s'])
  expect(at(21_000)).toEqual([])
  expect(at(22_000)).toHaveLength(1)
  expect(at(43_000)).toEqual([])
  expect(at(44_000)).toHaveLength(1)
  end.resolve()
  await wait
  expect(at(45_000)).toEqual(['info waits no more for 3 models, after 45.0 s'])
  expect(at(200_000)).toEqual([])
})

test('of many waits at once most are counted, and no more said to be over than were said', async () => {
  const { waits, at } = world()
  const end = Promise.withResolvers<void>()
  const all = Array.from({ length: 100 }, (_, i) => waits.run(spec(`${i}`), () => end.promise))
  const lines = at(10_000)
  expect(lines).toHaveLength(9)
  expect(lines.at(-1)).toBe('info and 92 more waits')
  end.resolve()
  await Promise.all(all)
  expect(at(11_000)).toEqual(Array.from({ length: 8 }, (_, i) => `info waits no more for ${i}, after 11.0 s`))
})

test('when many that were said are over at once, most are counted', async () => {
  const { waits, at } = world()
  const end = Promise.withResolvers<void>()
  const all: Promise<void>[] = []
  for (let second = 0; second < 20; second++) {
    at(1000 * second)
    all.push(waits.run(spec(`${second}`), () => end.promise))
  }
  for (let second = 20; second < 30; second++) at(1000 * second)
  end.resolve()
  await Promise.all(all)
  const lines = at(30_000)
  expect(lines).toHaveLength(9)
  expect(lines.at(-1)).toBe('info and 12 more waits are over')
})
