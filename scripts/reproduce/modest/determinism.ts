import { createHash } from 'node:crypto'
import type { JobInput } from '../../../src/node/job.ts'
import type { SimulationFlags } from '../../../src/node/simulation-spec.ts'
import type { Part, PartOptions, PartResult } from '../result.ts'
import { simulate } from './simulate.ts'

const LEARNERS = {
  gossip: { name: 'gossip' },
  modest: { name: 'modest', sample: 4, aggregators: 2 },
  dpsgd: { name: 'dpsgd' },
  fedavg: { name: 'fedavg', sample: 4 }
} as const satisfies Record<string, JobInput['learner']>

const WORLDS = {
  calm: {},
  faulty: {
    loss: '0.02',
    duplication: '0.02',
    reordering: '0.05',
    slow: '0.2:4',
    churn: ['crash:0.15,leave:0.1,join:0.15,rejoin:0.15']
  }
} as const satisfies Record<string, SimulationFlags>

/** Seeds whose churn spares the server of FedAvg, without whom that one ends at once. */
const SEED = 2
const OTHER_SEED = 6

/** The same seed twice, for every learner, with real training. */
export const determinism: Part = { about: 'the same seed twice gives the same events', run: runDeterminism }

async function runDeterminism({ quick, log }: PartOptions): Promise<PartResult> {
  const rows: (string | number)[][] = []
  for (const [name, learner] of Object.entries(LEARNERS)) {
    for (const [world, flags] of Object.entries(WORLDS)) {
      const job = jobOf(learner, quick)
      const [first, second, other] = [
        await fingerprint(job, flags),
        await fingerprint(job, flags),
        await fingerprint({ ...job, seed: OTHER_SEED }, flags)
      ]
      const row = [
        name,
        world,
        first.events,
        first.sha256.slice(0, 16),
        second.sha256 === first.sha256 && second.digest === first.digest ? 'yes' : 'no',
        // two seeds with one hash would be no sign of determinism
        other.sha256 !== first.sha256 ? 'yes' : 'no'
      ]
      log(row.join('  '))
      rows.push(row)
    }
  }

  return {
    tables: [
      {
        head: ['learner', 'world', 'events', 'SHA-256 of the log', 'the same twice', `seed ${OTHER_SEED} differs`],
        rows
      }
    ],
    checks: [
      {
        what: 'the same seed twice gives the same SHA-256',
        found: `${rows.filter((row) => row[4] === 'yes' && row[5] === 'yes').length} of ${rows.length}`,
        wanted: 'all, and another seed another one',
        holds: rows.every((row) => row[4] === 'yes' && row[5] === 'yes')
      }
    ]
  }
}

function jobOf(learner: JobInput['learner'], quick: boolean): JobInput {
  return {
    seed: SEED,
    data: { set: 'glyphs', partition: 'dirichlet:0.5', nodes: 20 },
    model: { name: 'mlp', hidden: [32] },
    ...(learner === undefined ? {} : { learner }),
    budget: { rounds: quick ? 5 : 20 },
    evaluation: { points: 5, limit: 500 }
  }
}

/** SHA-256 of the log of what the nodes report, as it would be written, and the scheduler's own digest. */
async function fingerprint(
  job: JobInput,
  flags: SimulationFlags
): Promise<{ sha256: string; digest: string; events: number }> {
  const hash = createHash('sha256')
  const { digest, events } = await simulate({
    job,
    flags,
    onEvent: (ms, node, event) => hash.update(`${JSON.stringify({ seconds: ms / 1000, node, ...event })}\n`)
  })

  return { sha256: hash.digest('hex'), digest, events }
}
