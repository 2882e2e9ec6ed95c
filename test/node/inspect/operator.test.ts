import { describe, expect, test } from 'vitest'
import type { Rest } from '../../../src/interface/rest.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { Operator } from '../../../src/node/inspect/operator.ts'
import { systemClock } from '../../../src/node/system-clock.ts'

const rest = (round: number, isLast = false): Rest => ({
  round,
  steps: 10 * round,
  isLast,
  state: () => {
    throw new Error('not asked for')
  }
})

function world({ isRunning = true } = {}) {
  const waits = new WaitRegister({ clock: systemClock })
  return { waits, operator: new Operator({ waits, isRunning: () => isRunning }) }
}

/** Has it settled by the time that everything else has? */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

describe('a pause', () => {
  test('begins at the next rest, says so, and lasts until it is taken back', async () => {
    const { operator, waits } = world()
    await operator.visit(rest(1), {})
    operator.pause()
    operator.pause()
    const resting = operator.visit(rest(2), {})
    expect(await isSettled(resting)).toBe(false)
    expect(waits.list()).toMatchObject([
      { kind: 'operator', what: expect.stringMatching(/^resume: paused by the operator/) }
    ])
    operator.resume()
    await resting
    expect(waits.list()).toEqual([])
    await operator.visit(rest(3), {})
  })

  test('ends with the node, and the last rest is none', async () => {
    const { operator } = world()
    operator.pause()
    const stop = new AbortController()
    const resting = operator.visit(rest(2), { signal: stop.signal })
    const reason = new Error('told to stop')
    stop.abort(reason)
    await expect(resting).rejects.toBe(reason)
    await operator.visit(rest(2, true), {})
  })
})

describe('an order', () => {
  test('is carried out at the next rest, with what it is about', async () => {
    const { operator, waits } = world()
    const round = operator.atRest('count', async (at) => at.round, {})
    expect(waits.list()).toMatchObject([{ kind: 'turn', what: 'a rest of the learner, to count' }])
    await operator.visit(rest(7), {})
    expect(await round).toBe(7)
    expect(waits.list()).toEqual([])
  })

  test('is carried out in a pause', async () => {
    const { operator } = world()
    operator.pause()
    const resting = operator.visit(rest(7), {})
    expect(await operator.atRest('count', async (at) => at.round, {})).toBe(7)
    expect(await isSettled(resting)).toBe(false)
    operator.resume()
    await resting
  })

  test('that fails, fails for whoever gave it', async () => {
    const { operator } = world()
    const failing = operator.atRest('fail', async () => Promise.reject(new Error('full disk')), {})
    const round = operator.atRest('count', async (at) => at.round, {})
    const rejected = expect(failing).rejects.toThrow('full disk')
    await operator.visit(rest(7), {})
    await rejected
    expect(await round).toBe(7)
  })

  test('that nobody waits for any more is not carried out', async () => {
    const { operator } = world()
    const gone = new AbortController()
    let count = 0
    const order = operator.atRest('count', async () => count++, { signal: gone.signal })
    const rejected = expect(order).rejects.toThrow('gone')
    gone.abort(new Error('gone'))
    await rejected
    await operator.visit(rest(1), {})
    expect(count).toBe(0)
  })

  test('is refused where no rest comes, at the last one, and when there are too many', async () => {
    const done = expect.objectContaining({ code: 'ERR_CONTROL_UNAVAILABLE' })
    await expect(world({ isRunning: false }).operator.atRest('count', async () => 1, {})).rejects.toEqual(done)

    const { operator } = world()
    const orders = Array.from({ length: 16 }, () => operator.atRest('count', async () => 1, {}))
    const rejected = Promise.all(orders.map((order) => expect(order).rejects.toEqual(done)))
    await expect(operator.atRest('count', async () => 1, {})).rejects.toMatchObject({ code: 'ERR_CONTROL_BUSY' })
    await operator.visit(rest(9, true), {})
    await rejected
  })
})
