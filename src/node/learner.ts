import type { Clock } from '../interface/clock.ts'
import type { EventSink } from '../interface/events.ts'
import type { Learner } from '../interface/learner.ts'
import type { Network, Peer } from '../interface/network.ts'
import type { Layout } from '../interface/params.ts'
import type { LearnerState, RestVisitor } from '../interface/rest.ts'
import type { Rng } from '../interface/rng.ts'
import type { Signing } from '../interface/signing.ts'
import type { StatelessTrainer, Trainer } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { WaitRegister } from '../interface/waits.ts'
import type { Attacker } from '../learners/attacker.ts'
import { DPSGDLearner } from '../learners/dpsgd/learner.ts'
import { FedAvgLearner } from '../learners/fedavg/learner.ts'
import { GossipLearner } from '../learners/gossip/learner.ts'
import { guarded, guardedStateless } from '../learners/guarded-trainer.ts'
import { ModestLearner } from '../learners/modest/learner.ts'
import type { Rules } from '../learners/rules.ts'
import type { Journal } from '../learners/spsa/journal.ts'
import { createRng } from '../math/philox.ts'
import type { SignMath } from '../math/signs.ts'
import type { PeerFilter } from '../robust/filters/registry.ts'
import { parseTopology } from '../sampling/topology.ts'
import { isProjectionJob, type Job, type LearnerSpec, type ModelJob } from './job.ts'
import { mergePolicy } from './merge-policy.ts'
import { peerFilter } from './peer-filter.ts'
import { createProjectionLearner } from './projection-learner.ts'
import { robustRule } from './robust-rule.ts'

/** Arithmetic on models, and on the directions that projections are measured along. */
export type LearnerVectors = VectorMath & SignMath

/** What a learner works with: the same on real sockets and in the simulator. */
export interface LearnerParts {
  network: Network
  clock: Clock
  waits: WaitRegister
  vectors: LearnerVectors
  emit: EventSink
  /** Makes the node a Byzantine one. */
  attacker?: Attacker
  /** Of the job, with what it remembers. @default one that remembers nothing, where the job names one */
  filter?: PeerFilter
  /** What robust rules draw with; nobody else should know it. @default the same for the same job and node */
  rng?: Rng
  /** The node's own key: for learners whose messages others hand on. */
  signing?: Signing
  /** Whether what a peer wrote may count, whoever brings it. @default everybody's */
  mayTrain?: (peer: Peer) => boolean
  /** Where logs of projections outlive the process. @default nowhere */
  journal?: Journal
  /** Everyone in the job, when that is known beforehand: baselines on a fixed graph or server go by it. */
  members?: readonly Peer[]
  /** Visited when the learner rests. */
  rest?: RestVisitor
  /** What an earlier life of this node left, to go on from. */
  resume?: LearnerState
}

/** A learner keeps a model and trains it on, or it is given one to train now and then; {@link isSampling} says which. */
export type AnyTrainer = { kind: 'live'; trainer: Trainer } | { kind: 'stateless'; trainer: StatelessTrainer }

/** A peer that has not finished by then is on its own. */
const LINGER_MS = 30_000
/** Most peers whose models are kept at a time. */
const MAX_SENDERS = 128

/** Does this learner draw who trains, so that a node need not keep a model? */
export function isSampling({ name }: LearnerSpec): boolean {
  return name === 'modest' || name === 'fedavg'
}

/** How a job's learner combines models. */
function rulesOf(job: ModelJob, parts: LearnerParts, layout: Layout): Rules {
  const { network, vectors, filter, rng: drawn = createRng(job.seed, `robust:${network.self}`) } = parts
  const rule = robustRule(job, { vectors, rng: drawn })
  const combining = rule.robust === undefined ? { merge: mergePolicy(job, vectors, layout) } : rule
  const rng = createRng(job.seed, `filter:${network.self}`)
  const screening = filter ?? peerFilter(job, { vectors, layout, rng })

  return { ...combining, ...(screening === undefined ? {} : { filter: screening }), lossBatch: job.batchSize }
}

/**
 * The learner that a job names.
 *
 * @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this job's
 */
export function createLearner(job: Job, parts: LearnerParts, training: AnyTrainer): Learner {
  if (!isProjectionJob(job)) return createModelLearner(job as ModelJob, parts, training)
  if (training.kind !== 'live') throw new Error('the learner spsa with a stateless trainer')

  return createProjectionLearner(job, parts, training.trainer)
}

function createModelLearner(job: ModelJob, all: LearnerParts, training: AnyTrainer): Learner {
  const { members, attacker, rest, resume, ...parts } = all
  const fixed = members === undefined ? {} : { members }
  const { learner, seed, learningRate, budget, evaluation } = job
  const common = {
    seed,
    learningRate,
    budget,
    localSteps: learner.localSteps,
    evaluations: evaluation.points,
    evaluationLimit: evaluation.limit,
    lingerMs: LINGER_MS,
    rules: rulesOf(job, all, training.trainer.layout),
    ...(attacker === undefined ? {} : { attacker }),
    ...(rest === undefined ? {} : { rest }),
    ...(resume === undefined ? {} : { resume })
  }
  const startMs = parts.clock.now() - (resume?.elapsedMs ?? 0)
  const ms = (): number => parts.clock.now() - startMs
  const guard = {
    vectors: parts.vectors,
    onDiverged: () => parts.emit({ event: 'training:diverged', ms: ms() }),
    onOverflow: (round: number) => parts.emit({ event: 'fisher:overflowed', round, ms: ms() })
  }
  if (training.kind === 'live') {
    const components = { ...parts, trainer: guarded(training.trainer, guard) }
    if (learner.name === 'gossip') {
      const { settleRounds, quorum } = learner
      const topology = parseTopology(learner.topology)
      return new GossipLearner(components, { ...common, topology, settleRounds, quorum, maxSenders: MAX_SENDERS })
    }
    if (learner.name === 'dpsgd') {
      return new DPSGDLearner(components, { ...common, ...fixed, topology: parseTopology(learner.topology) })
    }
  } else {
    const components = { ...parts, trainer: guardedStateless(training.trainer, guard) }
    if (learner.name === 'modest') {
      const { name: _, robust: __, fallback: ___, merge: ____, ...options } = learner
      return new ModestLearner(components, { ...common, ...options })
    }
    if (learner.name === 'fedavg') {
      const { sample, successFraction } = learner
      return new FedAvgLearner(components, { ...common, ...fixed, sample, successFraction })
    }
  }
  throw new Error(`learner ${learner.name} with a ${training.kind} trainer`)
}
