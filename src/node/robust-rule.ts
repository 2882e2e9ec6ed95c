import { InvalidConfigError } from '../interface/errors.ts'
import type { Rng } from '../interface/rng.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Rules } from '../learners/rules.ts'
import { createRng } from '../math/philox.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import { createAggregator, parseAggregator } from '../robust/registry.ts'
import { degreeOf, parseTopology } from '../sampling/topology.ts'
import type { ModelJob } from './job.ts'

export interface RobustRuleParts {
  vectors: VectorMath
  /** This node's own: who knows what a rule draws can send what it will be drawn together with. */
  rng: Rng
}

/** The robust rule that a job names, and what a round does with too few updates for it; neither when it names none. */
export function robustRule({ learner }: ModelJob, parts: RobustRuleParts): Pick<Rules, 'robust' | 'fallback'> {
  const { robust, fallback } = learner
  if (robust === undefined) return {}

  return { robust: createAggregator(parseAggregator(robust), parts), fallback }
}

/**
 * Holds a job's rule against its learner and the number of its nodes.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID: the rule needs what the learner does not have, or more updates than
 *   a round can bring
 */
export function checkRobustRule(job: ModelJob): void {
  const { robust } = robustRule(job, { vectors: new VectorHeap(), rng: createRng(job.seed, 'robust') })
  if (robust === undefined) return
  const { learner, data } = job
  const fail = (problem: string): never => {
    throw new InvalidConfigError(`learner.robust: "${robust.name}" ${problem}`)
  }
  const samples = 'sample' in learner
  if (robust.needsLosses && samples) {
    fail(`measures losses on local examples; whoever aggregates with ${learner.name} need not have any`)
  }
  if (robust.needsStart && learner.name === 'modest') {
    fail('starts from its last result, and with modest another node aggregates each round: write start=origin')
  }
  if (robust.needsOwn && samples) fail(`goes by the node's own model; whoever aggregates with ${learner.name} has none`)

  const most = samples
    ? Math.min(learner.sample, data.nodes)
    : Math.min(degreeOf(parseTopology(learner.topology), data.nodes) + 1, data.nodes)
  if (data.nodes > 1 && robust.minUpdates > most) {
    const remedy = samples ? 'raise learner.sample or lower f' : 'choose a denser learner.topology or lower f'
    fail(`needs ${robust.minUpdates} updates in a round, and there are at most ${most}: ${remedy}`)
  }
}
