import { InvalidConfigError } from '../../interface/errors.ts'
import { nearestWord } from '../../interface/nearest-word.ts'
import { parseNamed } from '../named-text.ts'
import { describeOption, resolveOptions } from '../options.ts'
import { type AnyDefinition, type AttackSpec, aliases, attacks, findAttack, fullName } from './spec.ts'

/** A spec, checked, its defaults filled in. */
export interface BoundAttack {
  readonly name: string
  readonly definition: AnyDefinition
  readonly values: Readonly<Record<string, string | number>>
}

/**
 * Reads `alie`, `a-little-is-enough:tau=1.5` or `gaussian:mu=0:sigma=2`: a full name or a usual short one, options after
 * colons.
 *
 * @returns what the text says, under the full name, checked; options left out are still left out
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseAttack(text: string): AttackSpec {
  const tableOf = (name: string) => findAttack(name)?.options ?? {}
  const spec = parseNamed(text, { what: 'attack', tableOf, fullName })
  resolveAttack(spec)

  return spec as unknown as AttackSpec
}

/**
 * Checks a spec, which may come from a file.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function resolveAttack(spec: unknown): BoundAttack {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new InvalidConfigError(`attack: expected one such as { attack: 'mimic' }, got ${JSON.stringify(spec)}`)
  }
  const { attack: name, ...given } = spec as Readonly<Record<string, unknown>>
  const definition = typeof name === 'string' ? findAttack(name) : undefined
  if (definition === undefined) return unknownName(name)

  const values = resolveOptions(`attack ${name}`, definition.options, given)
  const problem = definition.problem?.(values as never)
  if (problem !== undefined) throw new InvalidConfigError(`attack ${name}: ${problem}`)

  return { name: name as string, definition, values }
}

/** The text that {@link parseAttack} reads: options where they differ from the default. */
export function formatAttack({ name, definition, values }: BoundAttack): string {
  const written = Object.entries(definition.options)
    .filter(([option, { default: standard }]) => values[option] !== undefined && values[option] !== standard)
    .map(([option]) => `:${option}=${values[option]}`)

  return name + written.join('')
}

/** One line an attack, with its options and short names, for the documents and `--help`. */
export function attacksHelp(): string {
  const lines = Object.entries(attacks).map(([name, { summary, options }]) => {
    const short = Object.entries(aliases).flatMap(([alias, full]) => (full === name ? [alias] : []))
    const names = short.length === 0 ? name : `${name} (${short.join(', ')})`
    const described = Object.entries(options).map(([option, form]) => describeOption(option, form))
    return `  ${names}: ${[summary, ...described].join('; ')}`
  })

  return ['attacks:', ...lines].join('\n')
}

function unknownName(name: unknown): never {
  const known = Object.keys(attacks)
  const text = typeof name === 'string' ? name.slice(0, 64) : JSON.stringify(name)
  const nearest = typeof name === 'string' ? nearestWord(name, [...known, ...Object.keys(aliases)]) : undefined
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`
  throw new InvalidConfigError(`attack: no attack "${text}"${hint} (there are ${known.join(', ')})`)
}
