import { InvalidConfigError } from '../interface/errors.ts'
import { nearestWord } from '../interface/nearest-word.ts'
import { type Option, resolveOptions } from './options.ts'
import type { PreAggregatorDefinition, RuleDefinition } from './rule.ts'
import { findPreAggregator, findRule, preAggregators, rules } from './spec.ts'

type Table = Readonly<Record<string, Option>>
type Values = ReturnType<typeof resolveOptions>

/** A rule or pre-aggregator with options checked and defaults filled in. */
export interface Bound<D> {
  readonly name: string
  readonly definition: D
  readonly values: Values
}

/** A spec, checked. */
export interface Chain {
  readonly pre: readonly Bound<PreAggregatorDefinition<Table>>[]
  readonly last: Bound<RuleDefinition<Table>>
}

/**
 * Checks a whole spec, which may come from a file.
 *
 * An f that is left out is the one f that the others of the chain have, else `f`: who may be Byzantine is a fact about
 * the swarm, not about a rule. If the others' differ, it must be written.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function resolveChain(spec: unknown, f?: number): Chain {
  const { pre = [], ...last } = asObject(spec, 'a robust rule')
  if (!Array.isArray(pre)) throw new InvalidConfigError('robust: pre must be a list of pre-aggregators')

  const common = commonF([...pre, last]) ?? f
  const chain = { pre: pre.map((each: unknown) => resolvePreAggregator(each, common)), last: resolveRule(last, common) }
  checkOrder(chain)

  return chain
}

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function resolvePreAggregator(spec: unknown, f?: number): Bound<PreAggregatorDefinition<Table>> {
  const { rule: name, ...given } = asObject(spec, 'a pre-aggregator')
  const definition = typeof name === 'string' ? findPreAggregator(name) : undefined
  if (definition === undefined)
    return unknownName(name, 'pre-aggregator', Object.keys(preAggregators), Object.keys(rules))

  return bind(name as string, definition, given, f)
}

function resolveRule(spec: Readonly<Record<string, unknown>>, f?: number): Bound<RuleDefinition<Table>> {
  const { rule: name, ...given } = spec
  const definition = typeof name === 'string' ? findRule(name) : undefined
  if (definition === undefined) return unknownName(name, 'aggregator', Object.keys(rules), Object.keys(preAggregators))

  return bind(name as string, definition, given, f)
}

function bind<D extends RuleDefinition<Table> | PreAggregatorDefinition<Table>>(
  name: string,
  definition: D,
  given: Readonly<Record<string, unknown>>,
  f: number | undefined
): Bound<D> {
  const values = resolveOptions(name, definition.options, given, f)
  const problem = definition.problem?.(values as never)
  if (problem !== undefined) throw new InvalidConfigError(`${name}: ${problem}`)

  return { name, definition, values }
}

/** What each stage needs must get through those before it. */
function checkOrder({ pre, last }: Chain): void {
  const { name, definition, values } = last
  if (definition.needsLosses && pre.length > 0) {
    throw new InvalidConfigError(
      `${name} needs the updates themselves: nothing may come before it, not ${pre[0]!.name}`
    )
  }
  const mixing = pre.find((each) => each.definition.needsRng)
  if (mixing !== undefined && definition.needsOwn?.(values as never)) {
    throw new InvalidConfigError(`${name} needs the own update, which ${mixing.name} mixes with others: leave one out`)
  }
}

/** The f that those which have one agree on. */
function commonF(specs: readonly unknown[]): number | undefined {
  const given = new Set(specs.map((spec) => (spec as { f?: unknown } | null)?.f).filter((f) => f !== undefined))
  const [only] = given

  return given.size === 1 && typeof only === 'number' ? only : undefined
}

function asObject(spec: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof spec === 'object' && spec !== null && !Array.isArray(spec)) return spec as Record<string, unknown>

  throw new InvalidConfigError(`robust: expected ${what} such as { rule: 'median' }, got ${JSON.stringify(spec)}`)
}

function unknownName(name: unknown, what: string, names: readonly string[], others: readonly string[]): never {
  const text = typeof name === 'string' ? name.slice(0, 64) : JSON.stringify(name)
  if (typeof name === 'string' && others.includes(name)) {
    const remedy =
      what === 'aggregator' ? `end the chain with an aggregator: ${name},trimmed-mean` : `write it last, once`
    const article = what === 'aggregator' ? 'a pre-aggregator' : 'an aggregator'
    throw new InvalidConfigError(
      `robust: "${name}" is ${article}, not ${what === 'aggregator' ? 'an' : 'a'} ${what}: ${remedy}`
    )
  }
  const nearest = typeof name === 'string' ? nearestWord(name, [...names, ...others]) : undefined
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`
  throw new InvalidConfigError(`robust: no ${what} "${text}"${hint} (there are ${names.join(', ')})`)
}
