import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { InvalidConfigError } from '../../interface/errors.ts'
import { checkMetricsAddress, type MetricsAddress } from '../metrics/address.ts'
import { CONFIG_VARIABLE, type Environment, environmentLayer } from './environment.ts'
import { fileLayer } from './file.ts'
import { type FlagTexts, flagLayer } from './flags.ts'
import { describeOrigin, describePlace, type Layer, type Origin } from './layer.ts'
import { defaultDataDir, SETTINGS_FILE, userSettingsPath } from './places.ts'
import { type Resolved, resolveSettings } from './resolve.ts'
import { type NodeSettings, SETTING_NAMES, type SettingName, settingOf } from './table.ts'

export interface SettingsSources {
  flags: FlagTexts
  /** `--config`: the only settings file to read; false for none at all. */
  config: string | false | undefined
  env: Environment
  /** Folder in which relative paths of flags and variables begin. */
  cwd: string
  /** Name of the job, which the default data directory is called after. */
  jobName: string
}

export interface LoadedSettings {
  readonly settings: NodeSettings
  readonly origins: Readonly<Record<SettingName, Origin>>
  /** The settings files that were read, the one that counts more first. */
  readonly files: readonly string[]
}

/**
 * Flags over `STARLING_*` over `node.yaml` in the data directory over the user's `node.yaml` over defaults. `--config`
 * stands for both files.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, one line per problem; {CodedError} ERR_CONFIG_UNREADABLE
 */
export async function loadSettings(sources: SettingsSources): Promise<LoadedSettings> {
  const { flags, env, cwd, jobName } = sources
  const upper = [flagLayer(flags, cwd), environmentLayer(env, cwd)]
  const outer = await readFiles(outerPaths(sources))
  const early = resolveSettings([...upper, ...outer.layers])
  const dataDir = (early.values.dataDir as string | undefined) ?? defaultDataDir(jobName, env)
  const inner = await readFiles(isConfigGiven(sources) ? [] : existing(join(dataDir, SETTINGS_FILE), outer.files))
  const resolved = resolveSettings([...upper, ...inner.layers.map(refuseDataDir), ...outer.layers])
  checkTogether(resolved)

  return {
    settings: Object.freeze({ ...resolved.values, dataDir }) as NodeSettings,
    origins: resolved.origins,
    files: [...inner.files, ...outer.files]
  }
}

function isConfigGiven({ config, env }: SettingsSources): boolean {
  return config !== undefined || Boolean(env[CONFIG_VARIABLE])
}

/** Files that may say where the data directory is. */
function outerPaths({ config, env, cwd }: SettingsSources): string[] {
  if (config === false) return []
  const named = config ?? env[CONFIG_VARIABLE]

  return named ? [resolve(cwd, named)] : existing(userSettingsPath(env), [])
}

/** A file that nobody asked for by name may be absent; one that is there must be readable. */
function existing(path: string, except: readonly string[]): string[] {
  return existsSync(path) && !except.includes(path) ? [path] : []
}

async function readFiles(files: readonly string[]): Promise<{ files: readonly string[]; layers: readonly Layer[] }> {
  return { files, layers: await Promise.all(files.map(fileLayer)) }
}

/** A data directory can't say that it is elsewhere. */
function refuseDataDir(layer: Layer): Layer {
  const given = layer.given.get('dataDir')
  if (given === undefined || given.origin.source !== 'file') return layer
  const { path, line } = given.origin

  return {
    ...layer,
    problems: [...layer.problems, `${path}:${line}: dataDir: this file lies in the data directory: leave the line out`]
  }
}

function checkTogether({ values, origins }: Resolved): void {
  if (values.metrics !== undefined) {
    checkMetricsAddress(values.metrics as MetricsAddress, { isOpen: values.metricsOpen === true })
  }
  if (values.slice === undefined || values.data === undefined) return
  const both = (['slice', 'data'] as const).map((name) =>
    describePlace(name, settingOf(name).kind.print(values[name]), origins[name])
  )

  throw new InvalidConfigError(`${both.join(' and ')} exclude each other: a slice is a part of the job's own data`)
}

export interface DescribedSetting {
  readonly key: SettingName
  readonly value: string
  readonly origin: string
}

const HIDDEN = '(hidden)'

/** Every setting as text, with where it comes from; none of the secrets. */
export function describeSettings({
  settings,
  origins
}: Pick<LoadedSettings, 'settings' | 'origins'>): DescribedSetting[] {
  return SETTING_NAMES.map((key) => ({
    key,
    value: printValue(key, settings[key]),
    origin: describeOrigin(origins[key])
  }))
}

function printValue(name: SettingName, value: unknown): string {
  const { kind, repeats, isSecret } = settingOf(name)
  if (value === undefined) return ''
  if (isSecret === true) return HIDDEN

  return repeats ? (value as readonly unknown[]).map((each) => kind.print(each)).join(' ') : kind.print(value)
}
