import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError } from '../../interface/errors.ts'
import { describeSystemError } from '../../interface/system-error.ts'
import type { ByzantineRole } from '../../node/byzantine.ts'
import { checkWithoutData } from '../../node/check-job.ts'
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
  await checkTogether(job, loaded)

  return { ...loaded, jobPath, job, byzantine }
}

async function checkTogether(job: Job, loaded: LoadedSettings): Promise<void> {
  const { save } = loaded.settings
  checkWithoutData(job)
  chooseShare(job, '', shareChoice(loaded))
  if (save === undefined) return
  checkSave(job)
  await access(dirname(save), constants.W_OK).catch((cause: unknown) => {
    // now, and not when all the training is done
    const text = `--save ${save}: its directory: ${describeSystemError(cause, 'directory')}`
    throw new CodedError('ERR_WEIGHTS_UNREADABLE', text, {}, { cause })
  })
}

/** Which examples this node trains on, given its name. */
export function shareOf(plan: NodePlan): (self: string) => DataShare {
  return (self) => chooseShare(plan.job, self, shareChoice(plan))
}

function shareChoice({ settings: { slice, data } }: LoadedSettings): { slice?: number; own?: string } {
  return { ...(slice === undefined ? {} : { slice }), ...(data === undefined ? {} : { own: data }) }
}
