import { expect, test } from 'vitest'
import { WaitRegister, type WaitSpec } from '../../src/interface/waits.ts'
import { systemClock } from '../../src/node/system-clock.ts'

/** Settles at once when its signal aborts, with an error of its own. */
const endless = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
const SPEC: WaitSpec = { kind: 'models', what: 'a model', from: ['a'], timeoutMs: 20 }

test('the deadline is what the caller hears of, not the error of the work that it cut short', async () => {
  const waits = new WaitRegister({ clock: systemClock })
  const wait = waits.run(SPEC, endless)
  expect(waits.list()).toMatchObject([{ what: 'a model', from: ['a'] }])

  await expect(wait).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' })
  expect(waits.list()).toEqual([])
})

test("the caller's abort ends the wait with the caller's reason", async () => {
  const waits = new WaitRegister({ clock: systemClock })
  const caller = new AbortController()
  const reason = new Error('enough')
  const wait = waits.run(SPEC, endless, { signal: caller.signal })
  caller.abort(reason)

  await expect(wait).rejects.toBe(reason)
})
