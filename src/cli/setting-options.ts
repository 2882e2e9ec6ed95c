import { type Command, Option } from 'commander'
import type { FlagTexts } from '../node/settings/flags.ts'
import { GROUPS } from '../node/settings/setting.ts'
import { flagOf, SETTING_NAMES, type SettingName, settingOf } from '../node/settings/table.ts'
import { collect } from './numbers.ts'

/** What the parser leaves of the flags that settle a node: texts, to be read with the rest. */
export type SettingFlags = FlagTexts & {
  /** `--config FILE`; false: `--no-config`. commander's own default for the pair is true. */
  readonly config?: string | boolean
}

/** A flag for each setting of a node, and for the settings file. */
export function addSettingOptions(
  command: Command,
  { except = [] }: { except?: readonly SettingName[] } = {}
): Command {
  const names = SETTING_NAMES.filter((name) => !except.includes(name))
  for (const group of GROUPS) {
    if (group === 'Files') addConfigOptions(command)
    for (const name of names.filter((each) => settingOf(each).group === group)) addOptions(command, name)
  }

  return command
}

/** The value of `--config`. */
export function configOf({ config }: SettingFlags): string | false | undefined {
  return config === true ? undefined : config
}

export function addConfigOptions(command: Command): Command {
  const described = 'settings file; otherwise node.yaml of the data directory and of ~/.config/starling'

  return command
    .addOption(new Option('--config <file>', described).helpGroup('Files:'))
    .addOption(new Option('--no-config', 'read no settings file').helpGroup('Files:'))
}

function addOptions(command: Command, name: SettingName): void {
  const { group, kind, placeholder, repeats } = settingOf(name)
  const flag = flagOf(name)
  if (kind.isSwitch === true) {
    const isOn = settingOf(name).default === true
    const off = flag.replace('--', '--no-')
    // the one that changes something is shown; the other is for what the environment or a file has changed
    command.addOption(new Option(flag, described(name)).helpGroup(`${group}:`).hideHelp(isOn))
    command.addOption(new Option(off, `do not ${settingOf(name).description}`).helpGroup(`${group}:`).hideHelp(!isOn))
    return
  }
  const option = new Option(`${flag} <${placeholder}>`, described(name)).helpGroup(`${group}:`)
  if (repeats) option.argParser((text, before: readonly string[] | undefined) => collect(text, before ?? []))
  command.addOption(option)
}

/** `peers to wait for before the first round (0)`. */
function described(name: SettingName): string {
  const { description, repeats, kind, default: value, defaultText } = settingOf(name)
  const values = repeats ? (value as readonly unknown[]) : value === undefined || kind.isSwitch === true ? [] : [value]
  const notes = [
    ...(repeats ? ['may be repeated'] : []),
    ...(defaultText === undefined ? values.map((each) => kind.print(each)) : [defaultText])
  ]

  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`
}
