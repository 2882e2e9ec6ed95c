import { expect, test } from 'vitest'
import { type MergeMean, recordMerge } from '../../../src/cli/swarm/merge-means.ts'
import type { SimulationEvent } from '../../../src/node/simulation-types.ts'

test('a factor that is not finite, null in the JSON of a node, does not count', () => {
  const means = new Map<number, MergeMean>()
  const bytes = { sent: 0, received: 0 }
  for (const factor of [2, NaN, 4]) {
    const event = { event: 'model:merged', round: 1, ms: 1, policy: 'variance-corrected', factor, bytes } as const
    recordMerge(means, JSON.parse(JSON.stringify(event)) as typeof event satisfies SimulationEvent, 1)
  }

  expect(means.get(1)).toMatchObject({ factor: 3, moved: undefined })
})
