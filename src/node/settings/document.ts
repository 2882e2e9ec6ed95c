import { GROUPS } from './setting.ts'
import { flagOf, SETTING_NAMES, type SettingName, settingOf, variableOf } from './table.ts'

/** The tables of docs/CONFIG.md, one for each group; `npm run docs` writes them. */
export function settingTables(): string {
  return GROUPS.map((group) => {
    const names = SETTING_NAMES.filter((name) => settingOf(name).group === group)

    return [`### ${group}`, '', ...HEAD, ...names.map(row)].join('\n')
  }).join('\n\n')
}

const HEAD = ['| file | flag, variable | value | what | default |', '| --- | --- | --- | --- | --- |']

function row(name: SettingName): string {
  const { description, kind, repeats, reason } = settingOf(name)
  const flag = kind.isSwitch === true ? switchFlags(name) : `\`${flagOf(name)}\``
  const value = repeats ? `${kind.form}; a list` : kind.form
  const cells = [`\`${name}\``, `${flag}, \`${variableOf(name)}\``, value, description, `${defaultOf(name)}: ${reason}`]

  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function switchFlags(name: SettingName): string {
  const flag = flagOf(name)

  return `\`${flag}\` or \`${flag.replace('--', '--no-')}\``
}

function defaultOf(name: SettingName): string {
  const { kind, repeats, default: value, defaultText } = settingOf(name)
  if (defaultText !== undefined) return defaultText
  const texts = (repeats ? (value as readonly unknown[]) : value === undefined ? [] : [value]).map(kind.print)

  return texts.length === 0 ? 'none' : texts.map((text) => `\`${text}\``).join(', ')
}
