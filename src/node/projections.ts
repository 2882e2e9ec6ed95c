import { InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { ProjectionMath } from '../learners/spsa/projection-math.ts'
import { Candidates } from '../spsa/candidates.ts'
import { type Coefficients, coefficients } from '../spsa/coefficients.ts'
import type { ProjectionPlace } from '../spsa/hash-key.ts'
import type { Lead } from '../spsa/ledger/lead.ts'
import { directionKey } from '../spsa/perturbation.ts'
import { isProjectionByte, ProjectionCodec } from '../spsa/projection.ts'
import { SeedPool } from '../spsa/seed-pool.ts'
import { MAX_QUERY_AUTHORS } from '../wire/ledger-sync-codec.ts'
import { jobId, type ProjectionJob } from './job.ts'

/** Of a job that ends by time: faster than any model we know on one core. */
const STEPS_PER_SECOND = 2000
/** Of a job that never ends by itself. */
const MAX_STEPS = 1_000_000

/** Newcomers, those who come back under another name, and strangers: as many as there are nodes, and at least these. */
const MIN_SPARE_AUTHORS = 8

/**
 * Most authors whose projections may come to count, the same on all nodes: the integers of the job are cut for so many,
 * so whoever makes up names can fill places, and can't make a sum too large.
 */
export function maxAuthorsOf({ data: { nodes } }: ProjectionJob): number {
  return Math.min(nodes + Math.max(nodes, MIN_SPARE_AUTHORS), MAX_QUERY_AUTHORS)
}

/** Steps that a job has for each node at most: the integers of its projections are made for so many. */
export function horizonOf({ budget: { rounds, seconds } }: ProjectionJob): number {
  if (rounds !== undefined) return Math.min(rounds, MAX_STEPS)

  return seconds === undefined ? MAX_STEPS : Math.min(MAX_STEPS, Math.ceil(seconds * STEPS_PER_SECOND))
}

/** Places of the logs, of which a step fills as many as it has queries. */
export function leadOf({ learner: { lead, trim, queries } }: ProjectionJob): Lead | undefined {
  return lead === undefined ? undefined : { liars: trim, places: lead * queries }
}

/** What a job fixes of projections, on every node alike. */
export function projectionMath(job: ProjectionJob): ProjectionMath {
  const { learner } = job
  const { queries } = learner
  const codec = new ProjectionCodec(learner.range)
  const numbers = coefficientsOf(job)

  return {
    scale: numbers.scale,
    isProjection: isProjectionByte,
    encode: (difference) => codec.encode(difference),
    coefficientOf: (byte, place) => numbers.of(byte, Math.floor(place / queries)),
    directions: directionsOf(job, codec.magnitudes)
  }
}

/**
 * Holds a job's numbers against each other.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function checkProjections(job: ProjectionJob): void {
  const { learner, budget, start, data } = job
  if (start === 'independent') {
    throw new InvalidConfigError('start: projections add up on one common model: leave out "independent"')
  }
  if (budget.rounds !== undefined && budget.rounds > MAX_STEPS) {
    throw new InvalidConfigError(`budget.rounds: at most ${MAX_STEPS} with the learner spsa`)
  }
  if (data.nodes + MIN_SPARE_AUTHORS > MAX_QUERY_AUTHORS) {
    throw new InvalidConfigError(`data.nodes: at most ${MAX_QUERY_AUTHORS - MIN_SPARE_AUTHORS} with the learner spsa`)
  }
  if (learner.pool?.choice === 'weighted' && learner.queries !== 1) {
    throw new InvalidConfigError('learner.pool.choice: "weighted" goes by one projection after the other: queries 1')
  }
  if (learner.lead !== undefined && learner.trim === 0) {
    throw new InvalidConfigError(
      'learner.lead: needs a trim of at least 1: so many authors may lie, and the next one is what others may be ahead of'
    )
  }
  projectionMath(job)
}

function coefficientsOf(job: ProjectionJob): Coefficients {
  const { learner, learningRate, data } = job
  const { range, queries, schedule, floor } = learner
  try {
    return coefficients({
      range,
      learningRate: learningRate.peak,
      schedule,
      floor,
      horizon: horizonOf(job),
      queries,
      nodes: data.nodes,
      authors: maxAuthorsOf(job)
    })
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error
    throw new InvalidConfigError(`learner: ${error.message}`, error.details)
  }
}

/** A fresh direction for each projection, or one of the job's pool. */
function directionsOf(job: ProjectionJob, magnitudes: Float64Array): ProjectionMath['directions'] {
  const { queries, pool } = job.learner
  const id = jobId(job)
  const placeOf = (peer: Peer, place: number): ProjectionPlace => ({
    jobId: id,
    peer,
    step: Math.floor(place / queries),
    query: place % queries
  })
  if (pool === undefined) {
    return () => ({ of: (peer, place) => directionKey(placeOf(peer, place)), forget: () => undefined })
  }

  const { keys } = new SeedPool({ jobId: id, size: pool.size })

  return (bytesOf) => {
    const candidates = new Candidates({ ...pool, magnitudes, placeOf, bytesOf })

    return { of: (peer, place) => keys[candidates.of(peer, place)]!, forget: (peer) => candidates.forget(peer) }
  }
}
