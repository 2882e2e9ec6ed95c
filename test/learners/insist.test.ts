import { expect, test } from 'vitest'
import type { Clock } from '../../src/interface/clock.ts'
import { CodedError, RejectedError } from '../../src/interface/errors.ts'
import { WaitRegister, type WaitSpec } from '../../src/interface/waits.ts'
import { insist } from '../../src/learners/insist.ts'
import { systemClock } from '../../src/node/system-clock.ts'

const lost = new CodedError('ERR_STREAM_CLOSED', 'lost')

function setUp(isHopeless = () => false) {
  const waits = new WaitRegister({ clock: systemClock })
  const spec: WaitSpec = { kind: 'answer', what: 'an answer', from: ['bob'], timeoutMs: 50 }
  return { waits, init: { clock: systemClock, waits, spec, attempts: 3, isHopeless } }
}

test('tries again after a failure and after a deadline, with a pause that grows', async () => {
  const { waits, init } = setUp()
  const pauses: number[] = []
  const sleep: Clock['sleep'] = (ms, options) => {
    pauses.push(ms)
    return systemClock.sleep(ms, options)
  }
  let calls = 0
  const work = async (): Promise<string> => {
    calls++
    expect(waits.list()).toMatchObject([{ what: 'an answer', from: ['bob'] }])
    if (calls === 1) throw lost
    if (calls === 2) return new Promise(() => undefined)
    return 'here'
  }
  await expect(insist(work, { ...init, clock: { ...systemClock, sleep } }, {})).resolves.toBe('here')
  expect(pauses).toEqual([250, 500])
  expect(waits.list()).toEqual([])
})

test.each([
  { what: 'the last attempt failed', error: lost, isHopeless: () => false, calls: 3 },
  { what: 'the peer is gone', error: lost, isHopeless: () => true, calls: 1 },
  {
    what: 'the peer broke a rule',
    error: new RejectedError('ERR_MODEL_DIM', 'penalise', 'no'),
    isHopeless: () => false,
    calls: 1
  },
  { what: 'it is a fault of ours', error: new TypeError('oops'), isHopeless: () => false, calls: 1 }
])('gives up when $what', async ({ error, isHopeless, calls }) => {
  let called = 0
  const work = async (): Promise<never> => {
    called++
    throw error
  }
  await expect(insist(work, setUp(isHopeless).init, {})).rejects.toBe(error)
  expect(called).toBe(calls)
})

test('an abort ends it, in a pause as well', async () => {
  const { waits, init } = setUp()
  const abort = new AbortController()
  const running = insist(async () => Promise.reject(lost), init, { signal: abort.signal })
  setTimeout(() => abort.abort(new Error('enough')), 50)
  await expect(running).rejects.toThrow('enough')
  expect(waits.list()).toEqual([])
})
