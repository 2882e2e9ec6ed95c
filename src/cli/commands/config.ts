import { Command } from 'commander'
import { type DescribedKey, describeJobFile } from '../../node/job-origins.ts'
import { type DescribedSetting, describeSettings, loadSettings } from '../../node/settings/load.ts'
import { attached } from '../attach/attach.ts'
import { addSettingOptions, configOf, type SettingFlags } from '../setting-options.ts'
import { drawConfig } from '../tables/settings.ts'

type ConfigFlags = Omit<SettingFlags, 'json'> & {
  effective?: boolean
  running?: boolean
  socket?: string
  json?: boolean
}

interface Found {
  /** Settings files that were read, the one that counts more first. */
  readonly files: readonly string[]
  readonly settings: readonly DescribedSetting[]
  readonly job: readonly DescribedKey[]
}

export function configCommand(): Command {
  const command = new Command('config')
    .description('the settings that a node would have here, and where each comes from')
    .argument('[job.yaml]', 'show the job as well; its name decides the data directory')
    .option('--effective', 'also those that nobody has set')
    .option('--running', 'ask the running node instead')
    .option('--socket <path>', 'with --running: its control socket')
    .option('--json', 'print them as JSON')

  return addSettingOptions(command, { except: ['json'] }).action(showConfig)
}

async function showConfig(jobPath: string | undefined, flags: ConfigFlags): Promise<void> {
  const all = flags.running === true ? await ofRunning(flags) : await wouldBe(jobPath, flags)
  const isShown = ({ origin }: { origin: string }): boolean => flags.effective === true || origin !== 'default'
  const found = { ...all, settings: all.settings.filter(isShown), job: all.job.filter(isShown) }
  process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : describe(found))
}

async function wouldBe(jobPath: string | undefined, { json: _, ...flags }: ConfigFlags): Promise<Found> {
  const described = jobPath === undefined ? undefined : await describeJobFile(jobPath)
  const loaded = await loadSettings({
    flags,
    config: configOf(flags),
    env: process.env,
    cwd: process.cwd(),
    jobName: described?.job.name ?? 'starling'
  })

  return { files: loaded.files, settings: describeSettings(loaded), job: described?.keys ?? [] }
}

async function ofRunning({ socket, dataDir }: ConfigFlags): Promise<Found> {
  const target = { socket, dataDir: typeof dataDir === 'string' ? dataDir : undefined }
  const settings = await attached(target, (control) => control.call('config', {}))

  return { files: [], settings: settings as DescribedSetting[], job: [] }
}

function describe({ files, settings, job }: Found): string {
  const parts = [
    ...files.map((file) => `file    ${file}\n`),
    settings.length === 0
      ? 'nothing is set: all settings have their defaults, which --effective shows\n'
      : table(settings),
    ...(job.length === 0 ? [] : [table(job)])
  ]

  return parts.join('\n')
}

function table(rows: readonly { key: string; value: string; origin: string }[]): string {
  return `${drawConfig(rows.map(({ value, ...row }) => ({ ...row, value: value === '' ? '-' : value })))}\n`
}
