import { expect, test, vi } from 'vitest'
import { StopDeadline } from '../../../src/cli/node/stop-deadline.ts'
import type { CodedError } from '../../../src/interface/errors.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { systemClock } from '../../../src/node/system-clock.ts'

function setUp(graceMs: number) {
  const waits = new WaitRegister({ clock: systemClock })
  const onLate = vi.fn<(error: CodedError) => void>()

  return { waits, onLate, deadline: new StopDeadline({ waits: () => waits, graceMs, onLate }) }
}

test('a stop that takes too long is told, with what it waited for and from whom', async () => {
  const { waits, onLate, deadline } = setUp(20)
  const stuck = new AbortController()
  const spec = { kind: 'stop' as const, what: 'the connections to close', from: ['peer-a'], timeoutMs: 60_000 }
  const wait = waits.run(spec, () => new Promise(() => undefined), { signal: stuck.signal }).catch(() => undefined)
  deadline.begin()
  await expect.poll(() => onLate.mock.calls.length).toBe(1)
  const [[error]] = onLate.mock.calls as [[CodedError]]

  expect(error.code).toBe('ERR_STOP_TIMEOUT')
  expect(error.message).toMatch(
    /^not stopped within 0\.02 s \(--stop-seconds\), so ended at once: waiting for the connections to close: peer peer-a, for /
  )
  stuck.abort(new Error('over'))
  await wait
})

test('it can be seen while it lasts, begins once, and is over when the node has stopped', async () => {
  const { waits, onLate, deadline } = setUp(60_000)
  deadline.begin()
  deadline.begin()
  expect(waits.list()).toMatchObject([{ what: 'the node to stop cleanly' }])
  deadline.end()
  await expect.poll(() => waits.list()).toEqual([])
  expect(onLate).not.toHaveBeenCalled()
})
