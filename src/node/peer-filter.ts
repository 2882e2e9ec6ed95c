import { InvalidConfigError } from '../interface/errors.ts'
import type { Layout } from '../interface/params.ts'
import type { Rng } from '../interface/rng.ts'
import type { VectorMath } from '../interface/vectors.ts'
import { createRng } from '../math/philox.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import { createFilter, type PeerFilter, parseFilter } from '../robust/filters/registry.ts'
import type { Job } from './job.ts'

export interface PeerFilterParts {
  vectors: VectorMath
  /** Of the params that are exchanged. */
  layout: Layout
  /** This node's own: others should not know what it draws. */
  rng: Rng
}

/** Most peers that a filter remembers. */
const MAX_SENDERS = 128

/** The filter that a job names, with nothing in its memory; undefined when it names none. */
export function peerFilter({ learner }: Job, parts: PeerFilterParts): PeerFilter | undefined {
  const text = 'filter' in learner ? learner.filter : undefined

  return text === undefined ? undefined : createFilter(parseFilter(text), { ...parts, maxSenders: MAX_SENDERS })
}

/**
 * Holds a job's filter against its learner, its other rules and its model.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function checkPeerFilter(job: Job, layout: Layout): void {
  const filter = filterFor(job, layout)
  if (filter?.kind !== 'integrating') return
  const { learner } = job
  const fail = (problem: string): never => {
    throw new InvalidConfigError(`learner.filter: "${filter.name}" ${problem}`)
  }
  if ('sample' in learner)
    fail(`tests models on own examples; whoever aggregates with ${learner.name} need not have any`)
  if ('robust' in learner && learner.robust !== undefined)
    fail(`merges by itself: leave learner.robust "${learner.robust}" out`)
  if ('merge' in learner && learner.merge !== 'mean')
    fail(`merges by itself: leave learner.merge "${learner.merge}" out`)
}

function filterFor(job: Job, layout: Layout): PeerFilter | undefined {
  try {
    return peerFilter(job, { vectors: new VectorHeap(), layout, rng: createRng(job.seed, 'filter') })
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error
    throw new InvalidConfigError(`learner.filter: ${error.message}`, error.details)
  }
}
