import { describe, expect, test } from 'vitest'
import { Patience } from '../../../src/learners/modest/patience.ts'
import { DEFAULT_LINKS } from '../../../src/sim/link-spec.ts'
import { Simulator } from '../../../src/sim/simulator.ts'

function world() {
  const simulator = new Simulator({ seed: 1, links: DEFAULT_LINKS })
  const host = simulator.join('node0')

  return { simulator, host, patience: new Patience({ clock: host.clock }) }
}

/** Never answers; settles when told to stop. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

describe('patience', () => {
  test('asks again with twice the time, three times in all', async () => {
    const { simulator, host, patience } = world()
    const askedMs: number[] = []
    const answer = patience.ask((signal) => {
      askedMs.push(host.clock.now())
      return silence(signal)
    }, undefined)
    await simulator.run({})

    expect(await answer).toBe('silent')
    expect(askedMs).toEqual([0, 1000, 3000])
    expect(simulator.nowMs).toBe(7000)
    expect(host.leaks().timers).toBe(0)
  })

  test('a refusal is final at once', async () => {
    const { simulator, host, patience } = world()
    let asked = 0
    const answer = patience.ask(async () => {
      asked++
      throw new Error('no such protocol')
    }, undefined)

    expect(await answer).toBe('gone')
    expect(asked).toBe(1)
    await simulator.run({})
    expect(host.leaks().timers).toBe(0)
  })

  test('learns how long answers take', async () => {
    const { simulator, host, patience } = world()
    const slow = async (): Promise<string> => {
      await host.clock.sleep(100)
      return 'here'
    }
    for (let i = 0; i < 20; i++) {
      const answer = patience.ask(slow, undefined)
      await simulator.run({})
      expect(await answer).toBe('here')
    }
    const before = simulator.nowMs
    const answer = patience.ask(silence, undefined)
    await simulator.run({})
    await answer
    // 250 ms at least, and twice, and four times that
    expect(simulator.nowMs - before).toBe(1750)
  })

  test('an abort from outside ends it with its reason', async () => {
    const { simulator, host, patience } = world()
    const outer = new AbortController()
    const answer = patience.ask(silence, outer.signal)
    simulator.schedule(500, () => outer.abort(new Error('enough')))
    const rejected = expect(answer).rejects.toThrow('enough')
    await simulator.run({})

    await rejected
    expect(host.leaks().timers).toBe(0)
    await expect(patience.ask(silence, outer.signal)).rejects.toThrow('enough')
  })
})
