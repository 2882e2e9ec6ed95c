import { InvalidConfigError } from '../interface/errors.ts'
import { type Aggregator, type AggregatorComponents, ChainAggregator } from './aggregator.ts'
import { resolveChain, resolvePreAggregator } from './chain.ts'
import { type PreAggregator, type PreAggregatorComponents, StagePreAggregator } from './pre-aggregator.ts'
import { type AggregatorSpec, type PreAggregatorSpec, preAggregators, rules } from './spec.ts'

export type { AggregateReport, Aggregator, AggregatorComponents } from './aggregator.ts'
export type { PreAggregator } from './pre-aggregator.ts'
export type { AggregateOptions } from './rule.ts'
export type { AggregatorSpec, PreAggregatorSpec } from './spec.ts'
export { aggregatorsHelp, parseAggregator } from './text.ts'

export const aggregatorNames: readonly string[] = Object.freeze(Object.keys(rules))
export const preAggregatorNames: readonly string[] = Object.freeze(Object.keys(preAggregators))

/**
 * The rule, or chain of rules, of a spec.
 *
 * @param components - `rng` where the chain draws at random; `f` for rules that say none, when the chain has none
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, also for names and options that do not exist
 */
export function createAggregator(spec: AggregatorSpec, components: AggregatorComponents & { f?: number }): Aggregator {
  const chain = resolveChain(spec, components.f)
  for (const stage of chain.pre) checkRng(stage.name, stage.definition.needsRng, components)

  return new ChainAggregator(components, chain)
}

/** A pre-aggregator by itself, for measurements and for programs that go on with its outputs. */
export function createPreAggregator(
  spec: PreAggregatorSpec,
  components: PreAggregatorComponents & { f?: number }
): PreAggregator {
  const stage = resolvePreAggregator(spec, components.f)
  checkRng(stage.name, stage.definition.needsRng, components)

  return new StagePreAggregator(components, stage)
}

function checkRng(name: string, needsRng: true | undefined, { rng }: PreAggregatorComponents): void {
  if (needsRng && rng === undefined) throw new InvalidConfigError(`${name} draws at random: it needs an rng`)
}
