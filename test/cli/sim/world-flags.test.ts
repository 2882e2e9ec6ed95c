import { expect, test } from 'vitest'
import { describeWorld } from '../../../src/cli/sim/world-flags.ts'

test('a world is described by the flags that make it', () => {
  expect(describeWorld({ churn: [], train: true })).toBe('')
  expect(describeWorld({ churn: ['crash:0.2', "trace:my file's"], train: false, stepMs: '5', loss: '0' })).toBe(
    "--loss 0 --step-ms 5 --churn crash:0.2 --churn 'trace:my file'\\''s' --no-train"
  )
})
