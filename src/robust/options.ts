import { InvalidConfigError } from '../interface/errors.ts'
import { nearestWord } from '../interface/nearest-word.ts'

/** One option of a rule. */
export type Option =
  /** How many of the updates may be Byzantine. Left out: the chain's, else `default`, else an error. */
  | { readonly kind: 'byzantine'; readonly default?: number; readonly help: string }
  /** A whole number. Without a default it may be left out. */
  | { readonly kind: 'integer'; readonly min: number; readonly default?: number; readonly help: string }
  /** A number between two bounds, both included unless `isOpen`, which leaves `min` out. */
  | {
      readonly kind: 'number'
      readonly min: number
      readonly max: number
      readonly isOpen?: boolean
      readonly default?: number
      readonly required?: true
      readonly help: string
    }
  | { readonly kind: 'choice'; readonly of: readonly string[]; readonly default: string; readonly help: string }

type ValueOf<O extends Option> = O extends { kind: 'choice'; of: readonly (infer C)[] } ? C : number

/** Whether the option has a value once resolved. */
type IsSet<O extends Option> = O extends { kind: 'byzantine' } | { default: unknown } | { required: true }
  ? true
  : false

/** The values of a rule's options, defaults filled in. */
export type OptionValues<O extends Readonly<Record<string, Option>>> = {
  readonly [K in keyof O as IsSet<O[K]> extends true ? K : never]: ValueOf<O[K]>
} & { readonly [K in keyof O as IsSet<O[K]> extends true ? never : K]?: ValueOf<O[K]> }

/** What a config may say of a rule's options. */
export type OptionInput<O extends Readonly<Record<string, Option>>> = { readonly [K in keyof O]?: ValueOf<O[K]> }

type Table = Readonly<Record<string, Option>>

/** More Byzantine updates than any round has updates. */
const MAX_COUNT = 4096

/**
 * Checks what was given and fills in the rest.
 *
 * @param where - starts every message: the rule, as the user knows it
 * @param f - for an f left out
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function resolveOptions(where: string, table: Table, given: Readonly<Record<string, unknown>>, f?: number) {
  refuseUnknown(where, table, given)
  const values: Record<string, string | number> = {}
  for (const [name, option] of Object.entries(table)) {
    const value = given[name] ?? defaultOf(option, f)
    if (value !== undefined) values[name] = check(`${where}: ${name}`, option, value)
    else if (isRequired(option))
      throw new InvalidConfigError(`${where} needs ${name} (${option.help}): ${remedy(name)}`)
  }

  return values
}

/** The value that an option's text stands for; text stays text where a number was due, and `check` will say so. */
export function readValue(option: Option | undefined, text: string): string | number {
  return option?.kind === 'choice' || text.trim() === '' ? text : Number.isNaN(Number(text)) ? text : Number(text)
}

/** `neighbours=paper|byzfl (n-f-2 or n-f-1 of them; default paper)`: an option as the help prints it. */
export function describeOption(name: string, option: Option): string {
  const form = option.kind === 'choice' ? option.of.join('|') : option.kind === 'number' ? 'X' : 'N'
  const standard = option.default === undefined ? 'optional' : `default ${option.default}`

  return `${name}=${form} (${option.help}; ${isRequired(option) ? 'required' : standard})`
}

function isRequired(option: Option): boolean {
  if (option.default !== undefined) return false

  return option.kind === 'byzantine' || (option.kind === 'number' && option.required === true)
}

function defaultOf(option: Option, f: number | undefined): string | number | undefined {
  return option.kind === 'byzantine' ? (f ?? option.default) : option.default
}

const remedy = (name: string): string =>
  name === 'f' ? 'write f=N here or at another rule of the chain' : `write ${name}=VALUE`

function refuseUnknown(where: string, table: Table, given: object): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(table, name))
  if (unknown === undefined) return

  const names = Object.keys(table)
  const nearest = nearestWord(unknown, names)
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  throw new InvalidConfigError(`${where}: no option "${unknown.slice(0, 64)}"${hint} (${known})`)
}

function check(where: string, option: Option, value: unknown): string | number {
  const wrong = (expected: string): never => {
    throw new InvalidConfigError(`${where} is ${JSON.stringify(value)}, expected ${expected}`)
  }
  if (option.kind === 'choice') {
    if (typeof value !== 'string' || !option.of.includes(value)) return wrong(`one of ${option.of.join(', ')}`)

    return value
  }
  if (option.kind === 'number') {
    const { min, max, isOpen = false } = option
    const isInside = typeof value === 'number' && (isOpen ? value > min : value >= min) && value <= max
    if (!isInside || !Number.isFinite(value)) return wrong(range(option))

    return value
  }
  const min = option.kind === 'byzantine' ? 0 : option.min
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > MAX_COUNT) {
    return wrong(`a whole number from ${min} to ${MAX_COUNT}`)
  }

  return value
}

function range({ min, max, isOpen = false }: Extract<Option, { kind: 'number' }>): string {
  const low = isOpen ? `above ${min}` : `from ${min}`

  return `a number ${low}${max === Number.MAX_VALUE ? '' : ` to ${max}`}`
}
