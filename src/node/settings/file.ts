import { dirname } from 'node:path'
import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml'
import { nearestWord } from '../../interface/nearest-word.ts'
import { readYamlFile, type YamlFile } from '../yaml-file.ts'
import type { Given, Layer } from './layer.ts'
import { isSettingName, SETTING_NAMES, type SettingName, settingOf } from './table.ts'

/** No settings need more; a wrong path may lead to a file of any size. */
const MAX_SETTINGS_BYTES = 65_536

/**
 * A settings file: the names of the table with a value each, or a list where a setting may repeat.
 *
 * @throws {CodedError} ERR_CONFIG_UNREADABLE; {InvalidConfigError} ERR_CONFIG_INVALID when it is not YAML
 */
export async function fileLayer(path: string): Promise<Layer> {
  const file = await readYamlFile(path, {
    what: 'settings file',
    maxBytes: MAX_SETTINGS_BYTES,
    unreadable: 'ERR_CONFIG_UNREADABLE'
  })
  const given = new Map<SettingName, Given>()
  const problems: string[] = []
  for (const { key, value, line } of entriesOf(file, path, problems)) {
    const where = `${path}:${line}: `
    if (!isSettingName(key)) problems.push(`${where}${unknownKey(key)}`)
    else {
      const texts = textsOf(value, settingOf(key).repeats)
      if (typeof texts === 'string') problems.push(`${where}${key}: ${texts}`)
      else given.set(key, { texts, origin: { source: 'file', path, line }, place: { folder: dirname(path) } })
    }
  }

  return { given, problems }
}

interface Entry {
  readonly key: string
  readonly value: ParsedNode | null
  readonly line: number
}

function entriesOf({ root, lineAt }: YamlFile, path: string, problems: string[]): Entry[] {
  if (root === null || (isScalar(root) && root.value === null)) return []
  if (!isMap(root)) {
    problems.push(`${path}:${lineAt(root)}: expected settings, one "name: value" a line`)
    return []
  }

  return root.items.map(({ key, value }) => ({
    key: isScalar(key) ? String(key.value) : String(key),
    value,
    line: lineAt(key)
  }))
}

function unknownKey(key: string): string {
  const meant = nearestWord(key, SETTING_NAMES)
  const hint = meant === undefined ? 'docs/CONFIG.md lists the settings' : `did you mean "${meant}"?`

  return `there is no setting "${key}"; ${hint}`
}

/** The texts of a value; what is wrong with it instead, when it is none. */
function textsOf(value: ParsedNode | null, repeats: boolean): string[] | string {
  if (isSeq(value)) {
    if (!repeats) return 'expected one value, not a list'
    const texts = value.items.map((item) => scalarText(item as ParsedNode))

    return texts.every((text) => text !== undefined) ? texts : 'expected a list of plain values'
  }
  const text = scalarText(value)

  return text === undefined ? 'expected a value: give it one, or leave the line out' : [text]
}

/** As it is written, so that a value is read alike wherever it stands. */
function scalarText(node: ParsedNode | null): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined

  return node.source ?? String(node.value)
}
