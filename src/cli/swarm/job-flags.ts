import { InvalidConfigError } from '../../interface/errors.ts'
import { ruleAgainst } from '../../node/byzantine.ts'
import { type Job, type JobInput, resolveJob } from '../../node/job.ts'
import { readWrittenJob } from '../../node/job-file.ts'
import { pinStart } from '../../node/job-start.ts'
import type { PoolFlag } from './pool-flag.ts'

/** The flags of `swarm` and `sim` that are part of the job. */
export interface JobFlags {
  nodes?: number
  data?: string
  partition?: string
  model?: string
  start?: string
  trainable?: string
  learner?: string
  topology?: string
  sample?: number
  aggregators?: number
  successFraction?: number
  merge?: string
  robust?: string
  filter?: string
  queries?: number
  epsilon?: number
  pool?: PoolFlag
  trim?: number
  lead?: number
  rounds?: number
  seconds?: number
  localSteps?: number
  batchSize?: number
  learningRate?: number
  seed?: number
  /** No part of the job, but robust rules take their f from it. */
  byzantine?: string[]
}

/** What a swarm trains when nobody says otherwise: hard for each node alone, easy together, done in half a minute. */
const SWARM_DEFAULTS = { nodes: 8, partition: 'classes:2', rounds: 110 }
/** A step is two forward passes and a byte: so many of them take about half a minute. */
const PROJECTION_STEPS = 1500

/** Flags over the job file over the defaults of a swarm. */
export async function swarmJob(path: string | undefined, flags: JobFlags): Promise<Job> {
  const written = path === undefined ? undefined : await readWrittenJob(path)
  const file = written?.input ?? {}
  // by itself first: laying flags over "budget: 60", say, would lose it without a word
  if (written !== undefined) resolveJob(file, written.placeOf)
  const { data, budget, learner, model, learningRate } = file as JobInput
  const { nodes, partition } = SWARM_DEFAULTS
  const spec = learnerOf(learner, flags)
  const rounds = spec?.name === 'spsa' ? PROJECTION_STEPS : SWARM_DEFAULTS.rounds
  const limits = { ...budget, ...present({ rounds: flags.rounds, seconds: flags.seconds }) }
  const input = {
    ...file,
    ...present({ seed: flags.seed, batchSize: flags.batchSize, trainable: flags.trainable }),
    ...(await pinStart(present({ start: flags.start }))),
    data: {
      ...(path === undefined ? { nodes, partition } : {}),
      ...data,
      ...present({ nodes: flags.nodes, set: flags.data, partition: flags.partition })
    },
    model:
      flags.model === undefined || flags.model === model?.name ? (model ?? { name: 'mlp' }) : { name: flags.model },
    learner: spec,
    learningRate: { ...learningRate, ...present({ peak: flags.learningRate }) },
    // without any limit a swarm would never end
    budget: Object.keys(limits).length === 0 ? { rounds } : limits
  }

  return resolveJob(input, (keys) => flagAt(keys, flags) ?? path ?? 'flags')
}

/** Flags that are called otherwise than the key that they set. */
const FLAG_OF: Readonly<Record<string, keyof JobFlags>> = {
  'data.set': 'data',
  'model.name': 'model',
  'learner.name': 'learner',
  'learningRate.peak': 'learningRate'
}

/** The flag that has set a key: the file is in order by itself, so what is wrong now is of the flags. */
function flagAt(keys: readonly PropertyKey[], flags: JobFlags): string | undefined {
  const name = FLAG_OF[keys.join('.')] ?? keys.at(-1)

  return name !== undefined && flags[name as keyof JobFlags] !== undefined ? flagOf(String(name)) : undefined
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Learners whose nodes exchange models. */
const MODEL_LEARNERS = ['gossip', 'modest', 'dpsgd', 'fedavg']

/** Flags that only some learners have a use for. */
const LEARNERS_WITH = {
  topology: ['gossip', 'dpsgd'],
  sample: ['modest', 'fedavg'],
  aggregators: ['modest'],
  successFraction: ['modest', 'fedavg'],
  filter: ['gossip', 'dpsgd', 'fedavg'],
  localSteps: MODEL_LEARNERS,
  merge: MODEL_LEARNERS,
  robust: MODEL_LEARNERS,
  queries: ['spsa'],
  epsilon: ['spsa'],
  pool: ['spsa'],
  trim: ['spsa'],
  lead: ['spsa']
} as const

/** Options in the file belong to the learner that is named there. */
function learnerOf(inFile: JobInput['learner'], flags: JobFlags): JobInput['learner'] {
  const { learner: name, topology, sample, aggregators, successFraction, localSteps, merge, filter } = flags
  const { queries, epsilon, pool, trim, lead, byzantine = [] } = flags
  const robust = flags.robust === undefined ? undefined : ruleAgainst(flags.robust, byzantine)
  const kept = name === undefined || name === (inFile?.name ?? 'gossip') ? inFile : {}
  refuseForeign(name ?? inFile?.name ?? 'gossip', flags)

  return {
    ...kept,
    ...present({ name, topology, sample, aggregators, successFraction, localSteps, merge, robust, filter }),
    ...present({ queries, epsilon, pool, trim, lead })
  } as JobInput['learner']
}

/** @throws {InvalidConfigError} for a flag that the learner would not know what to do with */
function refuseForeign(learner: string, flags: JobFlags): void {
  for (const [key, learners] of Object.entries(LEARNERS_WITH)) {
    if (flags[key as keyof typeof LEARNERS_WITH] === undefined || (learners as readonly string[]).includes(learner)) {
      continue
    }
    throw new InvalidConfigError(
      `${flagOf(key)}: the learner ${learner} has none; leave it out, or take --learner ${learners.join(' or ')}`
    )
  }
}

function present<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
