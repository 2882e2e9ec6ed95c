import { InvalidConfigError } from '../interface/errors.ts'
import type { Bound, Chain } from './chain.ts'
import { resolveChain } from './chain.ts'
import { readOptions } from './named-text.ts'
import { describeOption, type Option } from './options.ts'
import { type AggregatorSpec, findPreAggregator, findRule, preAggregators, rules } from './spec.ts'

/** Longer than any chain that means something. */
const MAX_TEXT = 500

/**
 * Reads `nnm,trimmed-mean:f=2` or `clipping:c=2,nnm:f=1,trimmed-mean:f=1`: pre-aggregators in the order in which they
 * apply, then one aggregator; options after colons.
 *
 * @param f - for rules that say none, when the chain has none either
 * @returns what the text says, checked; options left out are still left out
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseAggregator(text: string, { f }: { f?: number } = {}): AggregatorSpec {
  if (text.length > MAX_TEXT) throw new InvalidConfigError(`robust: a chain has at most ${MAX_TEXT} characters`)

  const stages = text.split(',').map((stage) => parseStage(stage.trim(), text))
  const pre = stages.slice(0, -1)
  const spec = { ...stages.at(-1)!, ...(pre.length > 0 ? { pre } : {}) }
  resolveChain(spec, f)

  return spec as unknown as AggregatorSpec
}

function parseStage(stage: string, text: string): Record<string, string | number> {
  const [rule = '', ...pairs] = stage.split(':')
  if (rule === '') throw new InvalidConfigError(`robust "${text}": expected RULE:OPTION=VALUE,... such as nnm,median`)

  const table = (findRule(rule) ?? findPreAggregator(rule))?.options ?? {}

  return readOptions(pairs, { rule }, table, { place: `robust "${text}"`, name: rule, key: 'rule' })
}

/** The text that {@link parseAggregator} reads: every f is written, other options where they differ from the default. */
export function formatChain({ pre, last }: Chain): string {
  return [...pre, last].map(formatBound).join(',')
}

export function formatBound({
  name,
  definition,
  values
}: Bound<{ options: Readonly<Record<string, Option>> }>): string {
  const written = Object.entries(definition.options)
    .filter(([option, { default: standard }]) => values[option] !== undefined && values[option] !== standard)
    .map(([option]) => `:${option}=${values[option]}`)

  return name + written.join('')
}

/** One line a rule, with its options, for the documents and `--help`. */
export function aggregatorsHelp(): string {
  const lines = (table: Readonly<Record<string, { summary: string; options: object }>>): string[] =>
    Object.entries(table).map(([name, { summary, options }]) => {
      const described = Object.entries(options).map(([option, form]) => describeOption(option, form as Option))
      return `  ${name}: ${[summary, ...described].join('; ')}`
    })

  return ['pre-aggregators:', ...lines(preAggregators), 'aggregators:', ...lines(rules)].join('\n')
}
