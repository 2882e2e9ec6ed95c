import { type Command, Option } from 'commander'
import { readJob } from '../../node/job-file.ts'
import { type LoadedSettings, loadSettings } from '../../node/settings/load.ts'
import { flagOf, settingOf } from '../../node/settings/table.ts'
import { addConfigOptions, configOf, type SettingFlags } from '../setting-options.ts'

/** Flags of commands that only need to know which data directory is meant. */
export function addPlaceOptions(command: Command): Command {
  const { placeholder, description, defaultText } = settingOf('dataDir')
  command.addOption(new Option(`${flagOf('dataDir')} <${placeholder}>`, `${description} (${defaultText})`))

  return addConfigOptions(command)
}

/** The settings that a node of this job, or of one without a name, would have here. */
export async function settingsHere(jobPath: string | undefined, flags: SettingFlags): Promise<LoadedSettings> {
  const jobName = jobPath === undefined ? 'starling' : (await readJob(jobPath)).name

  return loadSettings({ flags, config: configOf(flags), env: process.env, cwd: process.cwd(), jobName })
}
