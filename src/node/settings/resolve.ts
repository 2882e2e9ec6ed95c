import { InvalidConfigError } from '../../interface/errors.ts'
import { describePlace, type Given, type Layer, type Origin } from './layer.ts'
import { SETTING_NAMES, type SettingName, settingOf } from './table.ts'

export interface Resolved {
  /** By name; a setting without value and default is undefined. */
  readonly values: Readonly<Record<SettingName, unknown>>
  readonly origins: Readonly<Record<SettingName, Origin>>
}

/**
 * Lays the layers over the defaults. A layer that another one covers is checked all the same.
 *
 * @param layers - the one that counts most first
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, one line per problem: where, what, and what was expected
 */
export function resolveSettings(layers: readonly Layer[]): Resolved {
  const problems = layers.flatMap(({ problems }) => problems)
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, Origin>> = {}
  for (const name of SETTING_NAMES) {
    values[name] = settingOf(name).default
    origins[name] = { source: 'default' }
    for (const { given } of layers.toReversed()) {
      const texts = given.get(name)
      if (texts === undefined) continue
      values[name] = read(name, texts, problems)
      origins[name] = texts.origin
    }
  }
  if (problems.length > 0) throw new InvalidConfigError(problems.join('\n'))

  return { values, origins } as Resolved
}

function read(name: SettingName, { texts, origin, place }: Given, problems: string[]): unknown {
  const { kind, repeats } = settingOf(name)
  const values = texts.map((text) => {
    try {
      return kind.parse(text, place)
    } catch (error) {
      if (!(error instanceof InvalidConfigError)) throw error
      problems.push(`${describePlace(name, text, origin)}: ${error.message}`)
      return undefined
    }
  })

  return repeats ? values : values[0]
}
