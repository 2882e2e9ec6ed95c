import { expect, onTestFinished, test, vi } from 'vitest'
import { main } from '../../../scripts/bench/main.ts'

function capture(stream: 'log' | 'error') {
  const spy = vi.spyOn(console, stream).mockImplementation(() => undefined)
  onTestFinished(() => spy.mockRestore())
  return () => spy.mock.calls.join('\n')
}

test('without a name, lists the benchmarks and not their helpers', async () => {
  const printed = capture('log')

  expect(await main([])).toBe(0)
  expect(printed()).toContain('npm run bench -- NAME')
  expect(printed()).not.toMatch(/\bstats\b|\bmain\b/)
})

test.each(['../lockfile', 'stats', 'main', ''])('refuses "%s", which is no benchmark', async (name) => {
  const printed = capture('error')

  expect(await main([name])).toBe(2)
  expect(printed()).toContain(`no benchmark "${name}"`)
})
