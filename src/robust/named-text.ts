import { InvalidConfigError } from '../interface/errors.ts'
import { type Option, readValue } from './options.ts'

/** Longer than anything with all its options. */
const MAX_TEXT = 300

/**
 * Reads `NAME:OPTION=VALUE:...` into plain data, the name under the key `what`. Values are not checked yet.
 *
 * @param what - what the text names, such as `filter`: starts every message
 * @param tableOf - the options of a name; throws for one that is none
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseNamed(
  what: string,
  text: string,
  tableOf: (name: string) => Readonly<Record<string, Option>>
): Record<string, string | number> {
  if (text.length > MAX_TEXT) throw new InvalidConfigError(`${what}: at most ${MAX_TEXT} characters`)

  const [name = '', ...pairs] = text.trim().split(':')
  const table = tableOf(name)
  const spec: Record<string, string | number> = { [what]: name }
  for (const pair of pairs) {
    const [, option, value] = /^([^=]+)=(.*)$/.exec(pair) ?? []
    if (option === undefined || value === undefined || option === what) {
      throw new InvalidConfigError(`${what} "${text}": expected OPTION=VALUE after "${name}:", got "${pair}"`)
    }
    if (Object.hasOwn(spec, option)) throw new InvalidConfigError(`${what} "${text}": ${name} has ${option} twice`)
    spec[option] = readValue(Object.hasOwn(table, option) ? table[option] : undefined, value)
  }

  return spec
}
