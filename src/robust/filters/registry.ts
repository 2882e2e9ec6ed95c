import { InvalidConfigError } from '../../interface/errors.ts'
import { nearestWord } from '../../interface/nearest-word.ts'
import { parseNamed } from '../named-text.ts'
import { describeOption, type Option, type OptionInput, resolveOptions } from '../options.ts'
import { formatBound } from '../text.ts'
import { bristle } from './bristle/definition.ts'
import type { FilterComponents, FilterDefinition } from './definition.ts'
import type { PeerFilter } from './filter.ts'
import { mudHog } from './mud-hog/definition.ts'

export type { FilterComponents } from './definition.ts'
export type {
  IntegratingFilter,
  PeerFilter,
  ReceivedModel,
  ScreenInput,
  ScreeningFilter,
  Sender,
  SenderScore
} from './filter.ts'

const filters = { 'mud-hog': mudHog, bristle } as const

export type FilterName = keyof typeof filters
type Table = Readonly<Record<string, Option>>

/** A filter as job files, the CLI and the REPL carry it: plain data. Options with a default may be left out. */
export type FilterSpec = {
  [F in FilterName]: { readonly filter: F } & OptionInput<(typeof filters)[F]['options']>
}[FilterName]

export const filterNames: readonly FilterName[] = Object.freeze(Object.keys(filters) as FilterName[])

/**
 * The filter of a spec, which belongs to one node.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID: names, options and values that do not exist, and layouts that the
 *   filter can't work with
 */
export function createFilter(spec: FilterSpec, components: FilterComponents): PeerFilter {
  const { name, definition, values } = resolve(spec)

  return definition.create(formatBound({ name, definition, values }), values as never, components)
}

/** What a filter does with a round's models, before there is a node to make it for. */
export function filterKind(spec: FilterSpec): PeerFilter['kind'] {
  return resolve(spec).definition.kind
}

/**
 * Reads `mud-hog` or `bristle:tested=20:classes=4`: a filter, options after colons.
 *
 * @returns what the text says, checked; options left out are still left out
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseFilter(text: string): FilterSpec {
  const spec = parseNamed(text, { what: 'filter', tableOf: (name) => findFilter(name).options })
  resolve(spec)

  return spec as unknown as FilterSpec
}

/** One line a filter, with its options, for the documents and `--help`. */
export function filtersHelp(): string {
  return Object.entries(filters)
    .map(([name, { summary, options }]) => {
      const described = Object.entries(options).map(([option, form]) => describeOption(option, form as Option))
      return `  ${name}: ${[summary, ...described].join('; ')}`
    })
    .join('\n')
}

function resolve(spec: unknown) {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new InvalidConfigError(`filter: expected one such as { filter: 'mud-hog' }, got ${JSON.stringify(spec)}`)
  }
  const { filter: name, ...given } = spec as Record<string, unknown>
  const definition = findFilter(name)

  return { name: name as string, definition, values: resolveOptions(`filter ${name}`, definition.options, given) }
}

/** The definition of a filter, its options' types forgotten: its own table has checked them before it sees them. */
function findFilter(name: unknown): FilterDefinition<Table> {
  if (typeof name === 'string' && Object.hasOwn(filters, name)) {
    return filters[name as FilterName] as unknown as FilterDefinition<Table>
  }
  const text = typeof name === 'string' ? name.slice(0, 64) : JSON.stringify(name)
  const nearest = typeof name === 'string' ? nearestWord(name, filterNames) : undefined
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`
  throw new InvalidConfigError(`filter: no filter "${text}"${hint} (there are ${filterNames.join(', ')})`)
}
