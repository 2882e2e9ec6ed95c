import { nearestWord } from '../../interface/nearest-word.ts'
import type { Given, Layer } from './layer.ts'
import { SETTING_NAMES, type SettingName, settingOf, variableOf } from './table.ts'

/** Names a settings file, as `--config` does. */
export const CONFIG_VARIABLE = 'STARLING_CONFIG'

/** Ours, and no settings of a node. */
const OTHER_VARIABLES: readonly string[] = [
  CONFIG_VARIABLE,
  'STARLING_DATA' // where data sets lie
]

/** All of ours begin with it. */
const PREFIX = 'STARLING_'

/** What Kubernetes and Docker put there for a service that is called "starling". */
const SERVICE_LINK = /^STARLING_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The `STARLING_*` variables. An empty one counts as absent; a list has commas or spaces between its values.
 *
 * @param folder - the working directory, in which relative paths begin
 */
export function environmentLayer(env: Environment, folder: string): Layer {
  const given = new Map<SettingName, Given>()
  for (const name of SETTING_NAMES) {
    const variable = variableOf(name)
    const written = env[variable]
    if (written === undefined || written.trim() === '') continue

    const texts = settingOf(name).repeats ? written.split(/[\s,]+/).filter((text) => text !== '') : [written]
    given.set(name, { texts, origin: { source: 'env', variable }, place: { folder } })
  }

  return { given, problems: unknownVariables(env) }
}

function unknownVariables(env: Environment): string[] {
  const known = new Set([...SETTING_NAMES.map(variableOf), ...OTHER_VARIABLES])

  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name) && !SERVICE_LINK.test(name))
    .map((name) => {
      const meant = nearestWord(
        name.slice(PREFIX.length),
        [...known].map((each) => each.slice(PREFIX.length))
      )
      const hint =
        meant === undefined ? 'unset it; docs/CONFIG.md lists the variables' : `did you mean ${PREFIX}${meant}?`

      return `${name}: there is no such variable; ${hint}`
    })
}

/** The environment without what settles a node: for child processes that get all of it as flags. */
export function withoutSettings(env: Environment): Record<string, string | undefined> {
  const settings = new Set<string>([...SETTING_NAMES.map(variableOf), CONFIG_VARIABLE])

  return Object.fromEntries(Object.entries(env).filter(([name]) => !settings.has(name)))
}
