import type { Clock } from '../interface/clock.ts'
import type { EventSink } from '../interface/events.ts'
import type { Learner } from '../interface/learner.ts'
import type { Network } from '../interface/network.ts'
import type { Trainer } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { GossipLearner } from '../learners/gossip/learner.ts'
import { parseTopology } from '../sampling/topology.ts'
import type { Job } from './job.ts'

/** What a learner works with: the same on real sockets and in the simulator. */
export interface LearnerParts {
  network: Network
  clock: Clock
  waits: WaitRegister
  trainer: Trainer
  vectors: VectorMath
  emit: EventSink
}

/** A peer that has not finished by then is on its own. */
const LINGER_MS = 30_000
/** Most peers whose models are kept at a time. */
const MAX_SENDERS = 128

/** The learner that a job names. */
export function createLearner(job: Job, parts: LearnerParts): Learner {
  const { learner, seed, learningRate, budget, evaluation } = job
  const common = {
    seed,
    learningRate,
    budget,
    localSteps: learner.localSteps,
    evaluations: evaluation.points,
    evaluationLimit: evaluation.limit,
    lingerMs: LINGER_MS
  }
  switch (learner.name) {
    case 'gossip': {
      const { settleRounds, quorum, topology } = learner
      return new GossipLearner(parts, {
        ...common,
        topology: parseTopology(topology),
        settleRounds,
        quorum,
        maxSenders: MAX_SENDERS
      })
    }
    default:
      throw new Error(`learner ${learner.name}`)
  }
}
