import type { Option, OptionInput } from './options.ts'
import { bucketing } from './pre-aggregators/bucketing.ts'
import { arc, clipping } from './pre-aggregators/clipping.ts'
import { nnm } from './pre-aggregators/nnm.ts'
import type { PreAggregatorDefinition, RuleDefinition } from './rule.ts'
import { bulyan } from './rules/bulyan.ts'
import { caf } from './rules/caf.ts'
import { centeredClipping } from './rules/centered-clipping.ts'
import { flag } from './rules/flag.ts'
import { geometricMedian } from './rules/geometric-median.ts'
import { krum, multiKrum } from './rules/krum.ts'
import { mda } from './rules/mda.ts'
import { meamed } from './rules/meamed.ts'
import { mean } from './rules/mean.ts'
import { median } from './rules/median.ts'
import { monna } from './rules/monna.ts'
import { mozi } from './rules/mozi.ts'
import { selfCenteredClipping } from './rules/self-centered-clipping.ts'
import { smea } from './rules/smea.ts'
import { trimmedMean } from './rules/trimmed-mean.ts'

/** Every aggregator: the names are byzfl's, in kebab-case. */
export const rules = {
  mean,
  median,
  'trimmed-mean': trimmedMean,
  meamed,
  'geometric-median': geometricMedian,
  krum,
  'multi-krum': multiKrum,
  bulyan,
  mda,
  smea,
  caf,
  monna,
  'centered-clipping': centeredClipping,
  'self-centered-clipping': selfCenteredClipping,
  flag,
  mozi
} as const

/** Every pre-aggregator. */
export const preAggregators = { nnm, bucketing, clipping, arc } as const

export type RuleName = keyof typeof rules
export type PreAggregatorName = keyof typeof preAggregators
type Table = Readonly<Record<string, Option>>

/** One rule and its options, where options with a default, and an f that the chain has, may be left out. */
type Named<R extends string, D extends { readonly options: Table }> = { readonly rule: R } & OptionInput<D['options']>

/** What comes before an aggregator: n updates to n or fewer. */
export type PreAggregatorSpec = { [R in PreAggregatorName]: Named<R, (typeof preAggregators)[R]> }[PreAggregatorName]

/** A chain, as config files, the CLI and the REPL carry it: plain data, safe to log and to clone. */
export type AggregatorSpec = {
  [R in RuleName]: Named<R, (typeof rules)[R]> & { readonly pre?: readonly PreAggregatorSpec[] }
}[RuleName]

/**
 * The definition of a rule, its options' types forgotten: they are checked by its own table before it sees them.
 * Undefined when there is none of that name.
 */
export function findRule(name: string): RuleDefinition<Table> | undefined {
  return Object.hasOwn(rules, name) ? (rules[name as RuleName] as unknown as RuleDefinition<Table>) : undefined
}

/** As {@link findRule}, of a pre-aggregator. */
export function findPreAggregator(name: string): PreAggregatorDefinition<Table> | undefined {
  return Object.hasOwn(preAggregators, name)
    ? (preAggregators[name as PreAggregatorName] as unknown as PreAggregatorDefinition<Table>)
    : undefined
}
