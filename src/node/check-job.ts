import { loadData } from '../train/data/load.ts'
import { partition } from '../train/data/partition.ts'
import { layoutOf } from '../train/models/model.ts'
import { createModel } from '../train/models/registry.ts'
import type { Job } from './job.ts'
import { checkMergePolicy } from './merge-policy.ts'
import { checkRobustRule } from './robust-rule.ts'

/**
 * Opens the data, cuts it and fits the model to it, so that a mistake is
 * reported once and before any node starts.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID; {CodedError} ERR_DATA_*
 */
export async function checkJob(job: Job): Promise<void> {
  const { data, model, seed } = job
  checkRobustRule(job)
  const { train } = await loadData(data.set, { seed, env: process.env, cwd: process.cwd() })
  partition(train.labels, train.classes, data.partition, data.nodes, seed)
  const fitted = createModel(model, { shape: train.shape, type: train.type, classes: train.classes })
  checkMergePolicy(job, layoutOf(fitted))
}
