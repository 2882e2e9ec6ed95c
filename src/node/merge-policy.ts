import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import type { Layout } from '../interface/params.ts'
import type { VectorMath } from '../interface/vectors.ts'
import { createRng } from '../math/philox.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import { createMerge, type Merge, parseMerge } from '../merge/registry.ts'
import { passesOf } from '../train/compile-fisher.ts'
import type { Model } from '../train/models/model.ts'
import type { ModelJob } from './job.ts'

/** The merge policy that a job names. */
export function mergePolicy({ learner, seed }: ModelJob, vectors: VectorMath, layout: Layout): Merge {
  return createMerge(parseMerge(learner.merge), {
    vectors,
    layout,
    rngOf: (round) => createRng(seed, `merge:${round}`)
  })
}

/**
 * Holds a job's policy against its learner, its robust rule and its model.
 *
 * @param layout - of what is exchanged of `model`
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function checkMergePolicy(job: ModelJob, layout: Layout, model: Model): void {
  const { learner } = job
  const fail = (problem: string): never => {
    throw new InvalidConfigError(`learner.merge: "${learner.merge}" ${problem}`)
  }
  if (learner.robust !== undefined && learner.merge !== 'mean') {
    fail(`and learner.robust "${learner.robust}" both say how models are combined: leave one out`)
  }
  const { needsOwn, fisher } = policyFor(job, layout)
  if (needsOwn !== undefined && 'sample' in learner) {
    fail(`${needsOwn}; whoever aggregates with ${learner.name} has no model of its own`)
  }
  if (fisher !== undefined) {
    try {
      passesOf(model, fisher.labels)
    } catch (error) {
      if (error instanceof CodedError) fail(`takes too long with exact labels: ${error.message}, fisher:labels=sampled`)
      throw error
    }
  }
}

function policyFor(job: ModelJob, layout: Layout): Merge {
  try {
    return mergePolicy(job, new VectorHeap(), layout)
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error
    throw new InvalidConfigError(`learner.merge: ${error.message}`, error.details)
  }
}
