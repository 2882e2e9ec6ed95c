import { loadData } from '../train/data/load.ts'
import { partition } from '../train/data/partition.ts'
import { splitLayout } from '../train/models/head.ts'
import { layoutOf } from '../train/models/model.ts'
import { createModel } from '../train/models/registry.ts'
import { readWeights } from '../train/weights-file.ts'
import { isModelJob, isProjectionJob, type Job } from './job.ts'
import { startOf } from './job-start.ts'
import { checkMergePolicy } from './merge-policy.ts'
import { checkPeerFilter } from './peer-filter.ts'
import { checkProjections } from './projections.ts'
import { checkRobustRule } from './robust-rule.ts'

/** What needs no data to be checked, and so costs nothing. @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function checkWithoutData(job: Job): void {
  if (isModelJob(job)) checkRobustRule(job)
  else if (isProjectionJob(job)) checkProjections(job)
}

/**
 * Opens the data, cuts it and fits the model to it, so that a mistake is
 * reported once and before any node starts.
 *
 * @param ownData - what a node trains on in place of the job's data
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID; {CodedError} ERR_DATA_*, ERR_WEIGHTS_*
 */
export async function checkJob(job: Job, { ownData }: { ownData?: string | undefined } = {}): Promise<void> {
  const { data, model, seed, trainable } = job
  checkWithoutData(job)
  const { train } = await loadData(ownData ?? data.set, { seed, env: process.env, cwd: process.cwd() })
  if (ownData === undefined) partition(train.labels, train.classes, data.partition, data.nodes, seed)
  const fitted = createModel(model, { shape: train.shape, type: train.type, classes: train.classes })
  const { trained } = splitLayout(fitted, trainable)
  if (isModelJob(job)) checkMergePolicy(job, trained, fitted)
  checkPeerFilter(job, trained)
  const start = startOf(job)
  if (typeof start === 'object') await readWeights(start.path, { layout: layoutOf(fitted), sha256: start.sha256 })
}
