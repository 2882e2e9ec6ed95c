import { expect, test } from 'vitest'
import { type ByzantineNode, parseByzantine } from '../../src/node/byzantine.ts'
import { resolveJob } from '../../src/node/job.ts'
import { runSimulation } from '../../src/node/simulation.ts'
import { resolveSimulation } from '../../src/node/simulation-spec.ts'

const NODES = 6
const job = resolveJob(
  {
    data: { set: 'glyphs', partition: 'iid', nodes: NODES },
    model: { name: 'linear' },
    learner: { name: 'dpsgd', topology: 'full', localSteps: 2 },
    budget: { rounds: 4 },
    evaluation: { points: 0 }
  },
  'test'
)

async function simulate(attack: string, { omniscient = false, learner = job.learner } = {}) {
  const byzantine: ByzantineNode[] = parseByzantine([attack], NODES)
  const accuracies = new Array<number>(NODES)
  const attacks: (string | undefined)[] = []
  const events: string[] = []
  const { digest } = await runSimulation({
    job: { ...job, learner },
    spec: resolveSimulation({ omniscient }, byzantine),
    device: 'cpu',
    threads: 1,
    onProgress: () => undefined,
    onEvent: (ms, node, event) => {
      events.push(JSON.stringify({ ms, node, ...event }))
      if (event.event === 'node:ready') attacks[node] = event.attack
      if (event.event === 'model:evaluated' && event.final) accuracies[node] = event.accuracy
    }
  })

  return { digest, events, attacks, accuracies, honest: accuracies.slice(0, NODES - byzantine.length) }
}

test('the same seed, the same run, to the byte; and the log says who attacks', async () => {
  const [a, b] = [await simulate('2:alie'), await simulate('2:alie')]

  expect(a.digest).toBe(b.digest)
  expect(a.events).toEqual(b.events)
  expect(a.attacks).toEqual([undefined, undefined, undefined, undefined, 'a-little-is-enough', 'a-little-is-enough'])
})

test('attackers that see everything send something else, and repeat too', async () => {
  const omniscient = await simulate('2:ipm:tau=1', { omniscient: true })
  const again = await simulate('2:ipm:tau=1', { omniscient: true })
  const other = await simulate('2:ipm:tau=1')

  expect(again.events).toEqual(omniscient.events)
  expect(other.accuracies).not.toEqual(omniscient.accuracies)
})

test('the model turned round ruins the mean; a trimmed mean holds', async () => {
  const mean = await simulate('2:ipm', { omniscient: true })
  const robust = await simulate('2:ipm', {
    omniscient: true,
    learner: { ...job.learner, robust: 'trimmed-mean:f=2' } as typeof job.learner
  })

  expect(Math.max(...mean.honest)).toBeLessThan(0.2)
  expect(Math.min(...robust.honest)).toBeGreaterThan(Math.max(...mean.honest) + 0.2)
})

test('labels that lie: the attacker’s own training is what is wrong', async () => {
  const { attacks, honest } = await simulate('1:lf')
  const clean = await simulate('1:mimic')

  expect(attacks[NODES - 1]).toBe('label-flipping')
  expect(honest).not.toEqual(clean.honest.slice(0, NODES - 1))
  expect(Math.min(...honest)).toBeGreaterThan(0.2)
})
