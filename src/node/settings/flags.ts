import type { Given, Layer } from './layer.ts'
import { flagOf, SETTING_NAMES, type SettingName } from './table.ts'

/** Flags as the command line was parsed: by the names of the settings, absent where not given. */
export type FlagTexts = { readonly [N in SettingName]?: string | boolean | readonly string[] | undefined }

/** @param folder - the working directory, in which relative paths begin */
export function flagLayer(flags: FlagTexts, folder: string): Layer {
  const given = new Map<SettingName, Given>()
  for (const name of SETTING_NAMES) {
    const value = flags[name]
    if (value === undefined) continue

    const flag = value === false ? flagOf(name).replace('--', '--no-') : flagOf(name)
    const texts = Array.isArray(value) ? (value as readonly string[]) : [String(value)]
    given.set(name, { texts, origin: { source: 'flag', flag }, place: { folder } })
  }

  return { given, problems: [] }
}
