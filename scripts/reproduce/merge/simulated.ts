import type { JobInput } from '../../../src/node/job.ts'
import { simulate } from '../modest/simulate.ts'
import type { Part, PartOptions, PartResult } from '../result.ts'
import { COMMON, CORRECTED, PLAIN, QUICK_SWARM, SWARM, type Way } from './variance-swarm.ts'

const SEED = 1

/** The same as `variance`, but through a job: the learner, its messages, and the simulator between the nodes. */
export const simulated: Part = {
  about: 'the same rounds to 80 %, with learner dpsgd in the simulator',
  run: runWays
}

async function runWays({ quick, log }: PartOptions): Promise<PartResult> {
  const rows: (string | number)[][] = []
  for (const way of [CORRECTED, PLAIN, COMMON]) {
    const rounds = await roundsOf(way, quick)
    log(`${way.title}: ${rounds ?? 'not there'}`)
    rows.push([`\`${way.merge}\``, `\`${way.start}\``, rounds ?? '-'])
  }

  return { tables: [{ head: ['merge', 'start', 'rounds'], rows }], checks: [] }
}

/** The first round, of those evaluated, where the nodes' mean accuracy is the goal's; undefined when there is none. */
async function roundsOf({ merge, start }: Way, quick: boolean): Promise<number | undefined> {
  const { goal, nodes } = quick ? QUICK_SWARM : SWARM
  const sums = new Map<number, { count: number; accuracy: number }>()
  let reached: number | undefined
  await simulate({
    job: jobOf({ merge, start }, quick),
    onEvent: (_ms, _node, event, swarm) => {
      if (event.event !== 'model:evaluated') return
      const sum = sums.get(event.round) ?? { count: 0, accuracy: 0 }
      sums.set(event.round, sum)
      sum.count++
      sum.accuracy += event.accuracy / nodes
      if (sum.count < nodes || sum.accuracy < goal) return
      reached ??= event.round
      swarm.stop()
    }
  })

  return reached
}

function jobOf({ merge, start }: Omit<Way, 'title'>, quick: boolean): JobInput {
  const { nodes, degree, data, partition, hidden, batchSize, optimiser, learningRate, testLimit, rounds, every } = quick
    ? QUICK_SWARM
    : SWARM

  return {
    seed: SEED,
    start,
    data: { set: data, partition, nodes },
    model: { name: 'mlp', hidden: [...hidden] },
    batchSize,
    optimiser,
    learner: { name: 'dpsgd', topology: `regular:${degree}`, localSteps: 1, merge },
    learningRate: { peak: learningRate, schedule: 'constant' },
    budget: { rounds },
    evaluation: { points: rounds / every, limit: testLimit }
  }
}
