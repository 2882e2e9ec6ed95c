import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Slots } from '../../src/learners/slots.ts'

/** Work that says when it starts and ends when told to. */
function gate(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const work = (): Promise<string> => {
    log.push(name)
    return promise
  }
  return { work, end: () => resolve(name), fail: (error: Error) => reject(error) }
}

test('runs so many at a time, the rest in order, whether or not they succeed', async () => {
  const slots = new Slots({ slots: 2, maxWaiting: 10 })
  const log: string[] = []
  const gates = ['a', 'b', 'c', 'd'].map((name) => gate(log, name))
  const runs = gates.map(({ work }) => slots.run(work))
  await setImmediate()
  expect(log).toEqual(['a', 'b'])

  gates[1]!.fail(new Error('b broke'))
  await expect(runs[1]).rejects.toThrow('b broke')
  await setImmediate()
  expect(log).toEqual(['a', 'b', 'c'])

  gates[0]!.end()
  await expect(runs[0]).resolves.toBe('a')
  gates[2]!.end()
  gates[3]!.end()
  await expect(Promise.all([runs[2], runs[3]])).resolves.toEqual(['c', 'd'])
  expect(slots.size).toBe(0)
})

test('an abort in line gives the place up, and the slot goes to the next', async () => {
  const slots = new Slots({ slots: 1, maxWaiting: 10 })
  const log: string[] = []
  const [a, b, c] = ['a', 'b', 'c'].map((name) => gate(log, name))
  const abort = new AbortController()
  const first = slots.run(a!.work)
  const second = slots.run(b!.work, { signal: abort.signal })
  const third = slots.run(c!.work)
  abort.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')

  a!.end()
  c!.end()
  await Promise.all([first, third])
  expect(log).toEqual(['a', 'c'])
  expect(slots.size).toBe(0)
})

test('an abort once the turn has come changes nothing', async () => {
  const slots = new Slots({ slots: 1, maxWaiting: 10 })
  const log: string[] = []
  const [a, b, c] = ['a', 'b', 'c'].map((name) => gate(log, name))
  const abort = new AbortController()
  const first = slots.run(a!.work)
  const second = slots.run(b!.work, { signal: abort.signal })
  a!.end()
  await first
  const third = slots.run(c!.work)
  abort.abort(new Error('too late'))
  b!.end()
  c!.end()
  await expect(Promise.all([second, third])).resolves.toEqual(['b', 'c'])
})

test('refuses what does not fit in line', async () => {
  const slots = new Slots({ slots: 1, maxWaiting: 1 })
  const { work, end } = gate([], 'a')
  const runs = [slots.run(work), slots.run(work)]
  await expect(slots.run(work)).rejects.toMatchObject({ code: 'ERR_SLOTS_FULL', details: { maxWaiting: 1 } })
  end()
  await Promise.all(runs)
})
