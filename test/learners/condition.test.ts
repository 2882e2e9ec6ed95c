import { describe, expect, test } from 'vitest'
import { describeWait, WaitRegister, type WaitSpec } from '../../src/interface/waits.ts'
import { Condition } from '../../src/learners/condition.ts'
import { Tasks } from '../../src/learners/tasks.ts'
import { DEFAULT_LINKS } from '../../src/sim/link-spec.ts'
import { Simulator } from '../../src/sim/simulator.ts'

function world() {
  const simulator = new Simulator({ seed: 1, links: DEFAULT_LINKS })
  const host = simulator.join('node0')
  const waits = new WaitRegister({ clock: host.clock })
  const expired: { what: string; from: readonly string[] }[] = []
  const condition = new Condition({ waits, onExpired: (what, from) => expired.push({ what, from }) })

  return { simulator, host, waits, condition, expired }
}

describe('condition', () => {
  test('holds at once, or as soon as a change makes it hold', async () => {
    const { simulator, condition, waits, expired } = world()
    const spec: WaitSpec = { kind: 'models', what: 'it', from: [], timeoutMs: 1000 }
    expect(await condition.until(() => true, spec, {})).toBe(true)

    let count = 0
    const done = condition.until(() => count === 2, spec, {})
    for (const ms of [100, 200]) {
      simulator.schedule(ms, () => {
        count++
        condition.notify()
      })
    }
    await simulator.run({})
    expect(await done).toBe(true)
    expect(waits.list()).toEqual([])
    expect(expired).toEqual([])
  })

  test('at the deadline it says what was still missing, unless it only looked around', async () => {
    const { simulator, condition, expired } = world()
    const missing = ['a', 'b']
    const spec: WaitSpec = {
      kind: 'models',
      what: () => `${missing.length} of 2 models`,
      from: () => missing,
      timeoutMs: 1000
    }
    const waiting = condition.until(() => false, spec, {})
    const looking = condition.until(() => false, spec, { quiet: true })
    simulator.schedule(500, () => missing.shift())
    await simulator.run({})

    expect(await waiting).toBe(false)
    expect(await looking).toBe(false)
    expect(expired).toEqual([{ what: '1 of 2 models', from: ['b'] }])
  })

  test('an abort rejects with its reason and leaves nothing open', async () => {
    const { simulator, condition, waits, host } = world()
    const stop = new AbortController()
    const waiting = condition.until(
      () => false,
      { kind: 'models', what: 'it', from: [], timeoutMs: 1000 },
      { signal: stop.signal }
    )
    simulator.schedule(100, () => stop.abort(new Error('stopped')))
    const rejected = expect(waiting).rejects.toThrow('stopped')
    await simulator.run({})

    await rejected
    expect(waits.list()).toEqual([])
    expect(host.leaks().timers).toBe(0)
  })

  test('a wait reads as a sentence, and follows what is still missing', async () => {
    const { simulator, condition, waits } = world()
    const missing = ['a', 'b', 'c']
    const spec: WaitSpec = {
      kind: 'models',
      what: () => `${missing.length} of 10 models of round 41`,
      from: () => missing,
      timeoutMs: 3000
    }
    void condition.until(() => false, spec, {})
    await simulator.run({ maxMs: 900 })
    expect(describeWait(waits.list()[0]!, simulator.nowMs)).toBe(
      'waiting for 3 of 10 models of round 41: peers a, b, c, for 0.9 s, deadline in 2.1 s'
    )
    missing.splice(0, 2)
    expect(describeWait(waits.list()[0]!, simulator.nowMs)).toBe(
      'waiting for 1 of 10 models of round 41: peer c, for 0.9 s, deadline in 2.1 s'
    )
    await simulator.run({})
  })
})

describe('tasks', () => {
  test('the end waits for all of them, and none starts afterwards', async () => {
    const tasks = new Tasks()
    const ended: string[] = []
    tasks.spawn(
      (signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            ended.push('first')
            resolve()
          })
        )
    )
    await tasks.end(new Error('over'))
    tasks.spawn(async () => {
      ended.push('second')
    })

    expect(ended).toEqual(['first'])
  })

  test('a failure surfaces; an error after an abort does not', async () => {
    const tasks = new Tasks()
    const stop = new AbortController()
    tasks.spawn((signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))), {
      signal: stop.signal
    })
    stop.abort(new Error('overtaken'))
    tasks.spawn(async () => {
      throw new Error('a bug')
    })

    await expect(tasks.failure).rejects.toThrow('a bug')
    await tasks.end(new Error('over'))
  })
})
