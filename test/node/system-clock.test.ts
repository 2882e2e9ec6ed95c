import { expect, test } from 'vitest'
import { systemClock } from '../../src/node/system-clock.ts'

test('a sleep of a year does not end at once', async () => {
  const stop = new AbortController()
  const year = systemClock.sleep(31_536_000_000, { signal: stop.signal }).then(() => 'year')
  const shorter = systemClock.sleep(20).then(() => 'shorter')
  expect(await Promise.race([year, shorter])).toBe('shorter')
  stop.abort()
  await expect(year).rejects.toThrow()
})
