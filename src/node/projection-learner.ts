import type { Trainer } from '../interface/trainer.ts'
import { NO_JOURNAL } from '../learners/spsa/journal.ts'
import { SPSALearner } from '../learners/spsa/learner.ts'
import { jobId, type ProjectionJob } from './job.ts'
import type { LearnerParts } from './learner.ts'
import { horizonOf, leadOf, maxAuthorsOf, projectionMath } from './projections.ts'

/** Projections wait no longer than this to be sent: a slow model may take a second for each. */
const FLUSH_MS = 2000
/** What was published and lost is looked for about so often. */
const SYNC_MS = 5000
/** A peer that brings nothing new by then is not waited for: longer than a newcomer takes that asks for a snapshot in vain. */
const LINGER_MS = 60_000

/** The learner of a job whose nodes exchange projections. */
export function createProjectionLearner(job: ProjectionJob, parts: LearnerParts, trainer: Trainer): SPSALearner {
  const { learner, seed, batchSize, budget, evaluation } = job
  const { queries, epsilon, trim, batchProjections, snapshotFrom, vouchers } = learner
  const { network, clock, waits, vectors, emit, signing, journal = NO_JOURNAL, mayTrain, rest, resume } = parts
  const lead = leadOf(job)
  if (signing === undefined) throw new Error('the learner spsa without a key to sign with')

  return new SPSALearner(
    { network, clock, waits, vectors, emit, signing, journal, trainer },
    {
      jobId: jobId(job),
      seed,
      projections: projectionMath(job),
      queries,
      batchSize,
      epsilon,
      budget,
      maxLength: horizonOf(job) * queries,
      maxAuthors: maxAuthorsOf(job),
      ...(mayTrain === undefined ? {} : { mayTrain }),
      trim,
      ...(lead === undefined ? {} : { lead }),
      batchProjections,
      flushMs: FLUSH_MS,
      syncMs: SYNC_MS,
      snapshotFrom,
      vouchers,
      evaluations: evaluation.points,
      evaluationLimit: evaluation.limit,
      lingerMs: LINGER_MS,
      ...(rest === undefined ? {} : { rest }),
      ...(resume === undefined ? {} : { resume })
    }
  )
}
