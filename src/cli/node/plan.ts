import type { ByzantineRole } from '../../node/byzantine.ts'
import { chooseShare, type DataShare } from '../../node/data-share.ts'
import type { Job } from '../../node/job.ts'
import { readJob } from '../../node/job-file.ts'
import { type LoadedSettings, loadSettings } from '../../node/settings/load.ts'
import { checkSave } from '../../node/training.ts'
import { configOf, type SettingFlags } from '../setting-options.ts'
import { byzantineRole, type ResearchFlags } from './research-flags.ts'

/** All that a command line, the environment and the files say of one node. */
export interface NodePlan extends LoadedSettings {
  readonly jobPath: string
  readonly job: Job
  readonly byzantine: ByzantineRole | undefined
}

/**
 * Reads and checks it, touching nothing.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID; {CodedError} ERR_JOB_UNREADABLE, ERR_CONFIG_UNREADABLE, ERR_WEIGHTS_*
 */
export async function planNode(jobPath: string, flags: SettingFlags & ResearchFlags): Promise<NodePlan> {
  const byzantine = byzantineRole(flags)
  const job = await readJob(jobPath)
  const loaded = await loadSettings({
    flags,
    config: configOf(flags),
    env: process.env,
    cwd: process.cwd(),
    jobName: job.name
  })
  if (loaded.settings.save !== undefined) checkSave(job)
  chooseShare(job, '', shareChoice(loaded))

  return { ...loaded, jobPath, job, byzantine }
}

/** Which examples this node trains on, given its name. */
export function shareOf(plan: NodePlan): (self: string) => DataShare {
  return (self) => chooseShare(plan.job, self, shareChoice(plan))
}

function shareChoice({ settings: { slice, data } }: LoadedSettings): { slice?: number; own?: string } {
  return { ...(slice === undefined ? {} : { slice }), ...(data === undefined ? {} : { own: data }) }
}
