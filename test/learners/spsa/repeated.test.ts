import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { SimulationEvent } from '../../../src/node/simulation-types.ts'
import { PoisonedHeap } from '../../chaos/poisoned-heap.ts'
import { runSeed, type SeedResult } from '../../chaos/run-seed.ts'
import { drawScenario, type Scenario } from '../../chaos/scenario.ts'

interface Repeated extends SeedResult {
  /** How often each thing was reported. */
  counts: Map<string, number>
}

async function run(scenario: Scenario, pause?: () => Promise<void>): Promise<Repeated> {
  const counts = new Map<string, number>()
  const onEvent = (_ms: number, _node: number, { event }: SimulationEvent): void => {
    counts.set(event, (counts.get(event) ?? 0) + 1)
  }
  const more = pause === undefined ? {} : { pause }

  return { ...(await runSeed({ scenario, vectors: new PoisonedHeap(), onEvent, ...more })), counts }
}

/** The first seed with such a scenario. */
function scenarioWhere(holds: (scenario: Scenario) => boolean): Scenario {
  for (let seed = 1; ; seed++) {
    const scenario = drawScenario('spsa', seed)
    if (holds(scenario)) return scenario
  }
}

test.each([
  {
    what: 'without faults',
    holds: ({ spec: { links }, orders, partitions }: Scenario) =>
      links.loss + links.duplication + links.reordering + orders.length + partitions.length === 0,
    events: []
  },
  {
    what: 'with all of them',
    holds: ({ spec: { links }, orders, partitions, job }: Scenario) =>
      links.loss * links.duplication * links.reordering > 0 &&
      partitions.length > 0 &&
      orders.some(({ action }) => action === 'crash') &&
      orders.some(({ action }) => action === 'rejoin') &&
      job.learner.name === 'spsa' &&
      job.learner.snapshotFrom === 20,
    events: ['node:crashed', 'node:rejoined']
  }
])('the same seed is the same run, whatever real time the work takes: $what', { timeout: 60_000 }, async (each) => {
  const scenario = scenarioWhere(each.holds)
  const first = await run(scenario)
  const again = await run(scenario, setImmediate)
  const other = await run(drawScenario('spsa', scenario.seed + 1))

  expect(first.breach).toBeUndefined()
  expect(again).toEqual(first)
  expect(other.digest).not.toBe(first.digest)
  expect(first.counts.get('replica:measured')).toBeGreaterThan(0)
  for (const event of each.events) expect(first.counts.get(event)).toBeGreaterThan(0)
})
