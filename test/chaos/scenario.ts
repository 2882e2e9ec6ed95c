import type { Rng } from '../../src/interface/rng.ts'
import { createRng } from '../../src/math/philox.ts'
import { isProjectionJob, type Job, type JobInput, resolveJob } from '../../src/node/job.ts'
import type { SimulationSpec } from '../../src/node/simulation-types.ts'
import type { ChurnOrder } from '../../src/sim/churn-spec.ts'
import type { Bandwidth, LatencySpec, LinkSpec } from '../../src/sim/link-spec.ts'
import { drawChurn } from './churn.ts'
import { chance, logUniform, oneOf, uniform, within } from './draws.ts'

export const LEARNERS = ['gossip', 'modest', 'spsa', 'dpsgd', 'fedavg'] as const
export type LearnerName = (typeof LEARNERS)[number]

/** The network falls apart at `fromMs` and is whole again at `untilMs`. Nodes of different groups can't reach each other. */
export interface Partition {
  readonly fromMs: number
  readonly untilMs: number
  /** Group of each node, by index. */
  readonly groups: readonly number[]
}

/** All that a seed decides about a run. Plain data. */
export interface Scenario {
  readonly learner: LearnerName
  readonly seed: number
  readonly nodes: number
  readonly dim: number
  readonly job: Job
  readonly spec: SimulationSpec
  readonly partitions: readonly Partition[]
  /** Who comes and goes: as in `spec.churn`. */
  readonly orders: readonly ChurnOrder[]
  /** Virtual time after which no partition begins or ends, and nobody comes or goes by order. */
  readonly calmMs: number
}

/** So many seeds have no faults at all: what breaks there needs none. */
const CALM = 0.1
const NODES = { min: 4, max: 12 }
const ROUNDS = { min: 5, max: 15 }
/** Of projections: they are quick, and there should be more than one message of them. */
const STEPS = { min: 10, max: 40 }
/** Queries a step with which logs go beyond their first segment, of 1,024 bytes; in so many runs. */
const MANY_QUERIES = 40
const LONG_LOGS = 0.02
/** Machines take so long to start. */
const START_MS = 1_100
/** On the way, one after the other, in a round. */
const MESSAGES = 5
const DIM = { min: 4, max: 16 }

/** How models are combined, where it is not by the mean: as in a job. */
export interface Combining {
  readonly merge?: string | undefined
  readonly robust?: string | undefined
}

/** What happens in the run that `seed` stands for. A pure function of its arguments. */
export function drawScenario(learner: LearnerName, seed: number, combining: Combining = {}): Scenario {
  const rng = createRng(seed, `chaos:${learner}`)
  const nodes = within(rng, NODES)
  const isCalm = chance(rng, CALM)
  const job = drawJob(rng, { learner, seed, nodes }, combining)
  const spec: SimulationSpec = {
    links: drawLinks(rng, nodes, isCalm),
    churn: [],
    slow: isCalm || chance(rng, 0.5) ? { fraction: 0, factor: 1 } : drawSlow(rng),
    stepMs: logUniform(rng, 1, 50),
    train: true
  }
  // faults that are close together or far apart, but most of them in the run
  const spanMs = START_MS + runMs(job, spec) * logUniform(rng, 0.3, 3)
  const partitions = isCalm ? [] : drawPartitions(rng, nodes, spanMs)
  const orders = isCalm ? [] : drawChurn(rng, nodes, spanMs)
  if (orders.length > 0) spec.churn.push({ kind: 'trace', orders })
  const moments = [...partitions.map(({ untilMs }) => untilMs), ...orders.map(({ seconds }) => 1000 * seconds)]
  const calmMs = Math.max(0, ...moments)

  return { learner, seed, nodes, dim: within(rng, DIM), job, spec, partitions, orders, calmMs }
}

/** About how long the learners of a run without faults take. */
function runMs({ budget, learner }: Job, { links, stepMs, slow }: SimulationSpec): number {
  return (
    budget.rounds! *
    (('localSteps' in learner ? learner.localSteps : 1) * stepMs * slow.factor ** 0.5 +
      MESSAGES * usualMs(links.latency))
  )
}

function usualMs(latency: LatencySpec): number {
  switch (latency.kind) {
    case 'constant':
      return latency.ms
    case 'uniform':
      return (latency.minMs + latency.maxMs) / 2
    case 'matrix':
      return latency.ms[0]!.reduce((sum, ms) => sum + ms, 0) / latency.ms.length
    case 'long-tail':
      return latency.medianMs
  }
}

function drawJob(
  rng: Rng,
  { learner, seed, nodes }: Pick<Scenario, 'learner' | 'seed' | 'nodes'>,
  { merge, robust }: Combining
): Job {
  const how = { ...(merge === undefined ? {} : { merge }), ...(robust === undefined ? {} : { robust }) }

  const job = resolveJob(
    {
      seed,
      data: { nodes },
      learningRate: { peak: uniform(rng, 0.05, 0.5), schedule: oneOf(rng, ['constant', 'cosine']) },
      budget: { rounds: within(rng, learner === 'spsa' ? STEPS : ROUNDS) },
      evaluation: { points: within(rng, { min: 0, max: 4 }) },
      learner: { ...stepsOf(rng, learner), ...LEARNER_OPTIONS[learner](rng, nodes), ...how }
    } as JobInput,
    `seed ${seed}`
  )

  return isProjectionJob(job) && job.learner.trim > 0 ? { ...job, learner: { ...job.learner, ...drawLead(seed) } } : job
}

/** By chance of its own, so that whether there is a lead leaves the rest of a run as it was. */
function drawLead(seed: number): { lead?: number } {
  const rng = createRng(seed, 'chaos:leads')

  return chance(rng, 0.5) ? { lead: oneOf(rng, [1, 5, 15]) } : {}
}

/** Drawn for every learner, so that the rest of a run does not depend on whether it is used. */
function stepsOf(rng: Rng, learner: LearnerName): { localSteps?: number } {
  const localSteps = within(rng, { min: 1, max: 8 })

  return learner === 'spsa' ? {} : { localSteps }
}

const LEARNER_OPTIONS: Readonly<Record<LearnerName, (rng: Rng, nodes: number) => object>> = {
  gossip: (rng) => ({
    name: 'gossip',
    topology: oneOf(rng, ['ring', 'full', 'regular:2', 'regular:4', 'random:1', 'random:3']),
    settleRounds: within(rng, { min: 0, max: 4 }),
    quorum: oneOf(rng, [0, 0.5, 0.75, 1])
  }),
  modest: (rng, nodes) => ({
    name: 'modest',
    sample: within(rng, { min: 1, max: nodes }),
    aggregators: within(rng, { min: 1, max: 3 }),
    successFraction: oneOf(rng, [0.5, 0.7, 0.9, 1]),
    ...(chance(rng, 0.3) ? { activityWindow: within(rng, { min: 2, max: 20 }) } : {}),
    hash: oneOf(rng, ['sha256', 'md5'])
  }),
  spsa: (rng) => {
    const queries = chance(rng, LONG_LOGS) ? MANY_QUERIES : oneOf(rng, [1, 1, 1, 3])
    const choice = queries === 1 ? oneOf(rng, ['uniform', 'weighted']) : 'uniform'

    return {
      name: 'spsa',
      queries,
      // the targets' slopes are larger than those of networks
      range: { lo: 2 ** -8, hi: 2 ** 8 },
      schedule: oneOf(rng, ['constant', 'linear', 'inverse-sqrt']),
      ...(chance(rng, 0.4) ? { pool: { size: oneOf(rng, [1, 8, 64]), choice } } : {}),
      trim: oneOf(rng, [0, 0, 1, 2]),
      batchProjections: queries === MANY_QUERIES ? 32 : oneOf(rng, [1, 8, 32]),
      vouchers: within(rng, { min: 1, max: 2 }),
      snapshotFrom: oneOf(rng, [20, 100, 20_000])
    }
  },
  dpsgd: (rng) => ({ name: 'dpsgd', topology: oneOf(rng, ['ring', 'full', 'regular:2', 'regular:4', 'random:2']) }),
  fedavg: (rng, nodes) => ({
    name: 'fedavg',
    sample: within(rng, { min: 1, max: nodes }),
    successFraction: oneOf(rng, [0.5, 0.7, 0.9, 1])
  })
}

function drawLinks(rng: Rng, nodes: number, isCalm: boolean): LinkSpec {
  const maybe = (max: number): number => (isCalm || chance(rng, 0.4) ? 0 : uniform(rng, 0, max))

  return {
    latency: drawLatency(rng, nodes),
    bytesPerSecond: drawBandwidth(rng),
    loss: maybe(0.1),
    duplication: maybe(0.2),
    reordering: maybe(0.3),
    detectMs: oneOf(rng, [500, 5_000, 15_000])
  }
}

function drawLatency(rng: Rng, nodes: number): LatencySpec {
  const ms = logUniform(rng, 1, 400)
  switch (oneOf(rng, ['constant', 'uniform', 'matrix', 'long-tail'] as const)) {
    case 'constant':
      // none at all: messages come in the order in which they were sent, at the moment they were
      return { kind: 'constant', ms: chance(rng, 0.2) ? 0 : ms }
    case 'uniform':
      return { kind: 'uniform', minMs: ms / 4, maxMs: 2 * ms }
    case 'matrix':
      return {
        kind: 'matrix',
        ms: Array.from({ length: nodes }, () => Array.from({ length: nodes }, () => uniform(rng, 0, 2 * ms)))
      }
    case 'long-tail':
      return { kind: 'long-tail', medianMs: ms }
  }
}

function drawBandwidth(rng: Rng): Bandwidth {
  const rate = (): number => (chance(rng, 0.3) ? Number.POSITIVE_INFINITY : logUniform(rng, 20_000, 10_000_000))

  return { up: rate(), down: rate() }
}

function drawSlow(rng: Rng): SimulationSpec['slow'] {
  return { fraction: uniform(rng, 0.1, 0.6), factor: logUniform(rng, 2, 20) }
}

/** Up to three, one after the other, of two or three groups; some so short that nobody notices. */
function drawPartitions(rng: Rng, nodes: number, spanMs: number): Partition[] {
  const partitions: Partition[] = []
  let ms = 0
  while (partitions.length < 3 && chance(rng, 0.4)) {
    const fromMs = ms + uniform(rng, 0, spanMs)
    const untilMs = fromMs + logUniform(rng, 100, 120_000)
    const parts = within(rng, { min: 2, max: 3 })
    partitions.push({ fromMs, untilMs, groups: Array.from({ length: nodes }, () => rng.below(parts)) })
    ms = untilMs
  }

  return partitions
}
