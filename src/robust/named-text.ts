import { InvalidConfigError } from '../interface/errors.ts'
import { type Option, readValue } from './options.ts'

type Table = Readonly<Record<string, Option>>
type NamedSpec = Record<string, string | number>

/** What texts of a kind name. */
export interface NamedKind {
  /** Starts every message, such as `merge`. */
  readonly what: string
  /** Of the name in what comes out, where it is another word. @default `what` */
  readonly key?: string
  /** The options of a name; of one that is none it may throw. */
  readonly tableOf: (name: string) => Table
  /** The name that comes out for one that was read. @default the same */
  readonly fullName?: (name: string) => string
}

/** Longer than anything with all its options. */
const MAX_TEXT = 300

/**
 * Reads `NAME:OPTION=VALUE:...` into plain data. Values are not checked yet.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseNamed(text: string, kind: NamedKind): NamedSpec {
  const { what, key = what, tableOf, fullName = (name) => name } = kind
  if (text.length > MAX_TEXT) throw new InvalidConfigError(`${what}: at most ${MAX_TEXT} characters`)

  const [name = '', ...pairs] = text.trim().split(':')
  const full = fullName(name)

  return readOptions(pairs, { [key]: full }, tableOf(full), { place: `${what} "${text}"`, name, key })
}

/**
 * Reads `OPTION=VALUE` texts into `spec`.
 *
 * @param place - starts every message, with the text that they are of; `key`: what no option may be called
 * @returns `spec`
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function readOptions(
  pairs: readonly string[],
  spec: NamedSpec,
  table: Table,
  { place, name, key }: { place: string; name: string; key: string }
): NamedSpec {
  for (const pair of pairs) {
    const [, option, value] = /^([^=]+)=(.*)$/.exec(pair) ?? []
    if (option === undefined || value === undefined || option === key) {
      throw new InvalidConfigError(`${place}: expected OPTION=VALUE after "${name}:", got "${pair}"`)
    }
    if (Object.hasOwn(spec, option)) throw new InvalidConfigError(`${place}: ${name} has ${option} twice`)
    spec[option] = readValue(Object.hasOwn(table, option) ? table[option] : undefined, value)
  }

  return spec
}
