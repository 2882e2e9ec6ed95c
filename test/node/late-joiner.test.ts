import { expect, test } from 'vitest'
import { resolveJob } from '../../src/node/job.ts'
import { runSimulation } from '../../src/node/simulation.ts'
import { resolveSimulation } from '../../src/node/simulation-spec.ts'

// a newcomer knows of no round to hold the first answers against: far more rounds than it would believe otherwise
test('a node that joins after hundreds of rounds tells everyone at once', async () => {
  const nodes = 12
  const job = resolveJob(
    {
      data: { set: 'glyphs', partition: 'iid', nodes },
      model: { name: 'linear' },
      learner: { name: 'modest', sample: 3, localSteps: 1 },
      budget: { seconds: 130 },
      evaluation: { points: 0 }
    },
    'test'
  )
  let round = 0
  let joined: { ms: number; round: number; peer: string } | undefined
  const learntMs = new Map<number, number>()
  await runSimulation({
    job,
    spec: resolveSimulation({ train: false, churn: ['join:1/1s*1+110s'] }),
    device: 'cpu',
    threads: 1,
    onProgress: () => undefined,
    onEvent: (ms, node, event) => {
      if (event.event === 'model:aggregated') round = Math.max(round, event.round)
      if (event.event === 'node:ready' && ms > 110_000) joined = { ms, round, peer: event.peer }
      if (event.event === 'member:changed' && event.peer === joined?.peer && !learntMs.has(node)) {
        learntMs.set(node, ms - joined.ms)
      }
    }
  })

  expect(joined!.round).toBeGreaterThan(100)
  expect(learntMs.size).toBe(nodes - 1)
  expect(Math.max(...learntMs.values())).toBeLessThan(5_000)
})
