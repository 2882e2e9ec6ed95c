import { expect, test } from 'vitest'
import { SharedWork } from '../../src/gossip/shared-work.ts'

test('callers at the same time share one piece of work, later ones start another', async () => {
  const shared = new SharedWork<number>()
  let runs = 0
  const work = async (): Promise<number> => ++runs

  expect(await Promise.all([shared.run('k', work), shared.run('k', work), shared.run('other', work)])).toEqual([
    1, 1, 2
  ])
  expect(await shared.run('k', work)).toBe(3)
  expect(shared.size).toBe(0)
})

test('one who gives up does not spoil it for the other; the last one ends it', async () => {
  const shared = new SharedWork<string>()
  const result = Promise.withResolvers<string>()
  let aborted = false
  const work = (signal: AbortSignal): Promise<string> => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return result.promise
  }
  const [first, second] = [new AbortController(), new AbortController()]
  const a = expect(shared.run('k', work, { signal: first.signal })).rejects.toThrow('first')
  const b = expect(shared.run('k', work, { signal: second.signal })).rejects.toThrow('second')

  first.abort(new Error('first'))
  await a
  expect(aborted).toBe(false)
  second.abort(new Error('second'))
  await b
  expect(aborted).toBe(true)
  expect(shared.size).toBe(0)
})

test('a failure reaches every caller', async () => {
  const shared = new SharedWork<never>()
  const work = async (): Promise<never> => {
    throw new Error('broken')
  }
  const results = await Promise.allSettled([shared.run('k', work), shared.run('k', work)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
