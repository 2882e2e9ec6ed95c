import { describe, expect, test } from 'vitest'
import { SlotQueue } from '../../../src/train/engine/slot-queue.ts'

/** Work that ends when told to, and says when it began. */
class Job {
  began = false
  readonly #end = Promise.withResolvers<void>()

  readonly run = async (slot: string): Promise<string> => {
    this.began = true
    await this.#end.promise

    return slot
  }

  end(error?: Error): void {
    if (error === undefined) this.#end.resolve()
    else this.#end.reject(error)
  }
}

const jobs = (count: number): Job[] => Array.from({ length: count }, () => new Job())
const began = (all: readonly Job[]): boolean[] => all.map((job) => job.began)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a queue of slots', () => {
  test('runs as many as there are slots, in the order of asking', async () => {
    const queue = new SlotQueue(['a', 'b'])
    const all = jobs(4)
    const results = all.map((job) => queue.run(job.run))
    await turn()
    expect(began(all)).toEqual([true, true, false, false])
    expect(queue.waiting).toBe(2)

    all[1]!.end()
    const second = await results[1]
    await turn()
    expect(began(all)).toEqual([true, true, true, false])
    for (const job of all) job.end()
    const [first, , third] = await Promise.all(results)
    expect([first, second].toSorted()).toEqual(['a', 'b'])
    expect(third).toBe(second)
    expect(queue.waiting).toBe(0)
  })

  test('gives a slot back after a failure', async () => {
    const queue = new SlotQueue(['a'])
    const [failing, next] = jobs(2) as [Job, Job]
    const failed = expect(queue.run(failing.run)).rejects.toThrow('a bug')
    failing.end(new Error('a bug'))
    next.end()

    expect(await queue.run(next.run)).toBe('a')
    await failed
  })

  test('drops who gives up, wherever in the row', async () => {
    const queue = new SlotQueue(['a'])
    const [first, second, third] = jobs(3) as [Job, Job, Job]
    const abort = new AbortController()
    const results = [queue.run(first.run), queue.run(third.run)]
    const given = expect(queue.run(second.run, { signal: abort.signal })).rejects.toThrow('enough')
    abort.abort(new Error('enough'))
    for (const job of [first, second, third]) job.end()

    await given
    expect(await Promise.all(results)).toEqual(['a', 'a'])
    expect(second.began).toBe(false)
  })

  test('begins nothing for who gives up just as its turn comes', async () => {
    const queue = new SlotQueue(['a'])
    const [job, next] = jobs(2) as [Job, Job]
    const abort = new AbortController()
    const given = expect(queue.run(job.run, { signal: abort.signal })).rejects.toThrow('enough')
    abort.abort(new Error('enough'))
    next.end()

    await given
    expect(job.began).toBe(false)
    expect(await queue.run(next.run)).toBe('a')
    await expect(queue.run(next.run, { signal: abort.signal })).rejects.toThrow('enough')
  })

  test('once ended, refuses who waits and who comes, and lets the rest finish', async () => {
    const queue = new SlotQueue(['a'])
    const [running, waiting] = jobs(2) as [Job, Job]
    const result = queue.run(running.run)
    const refused = expect(queue.run(waiting.run)).rejects.toThrow('over')
    queue.end(new Error('over'))
    queue.end(new Error('again'))
    running.end()

    await refused
    expect(await result).toBe('a')
    await expect(queue.run(waiting.run)).rejects.toThrow('over')
    expect(waiting.began).toBe(false)
  })
})
