import type { Rng } from '../interface/rng.ts'
import type { ColumnRule } from '../interface/vectors.ts'
import type { Option, OptionValues } from './options.ts'
import type { Rows } from './rows.ts'

/** What a caller can hand over with the updates; each rule says what it needs. */
export interface AggregateOptions {
  /** Which of the updates is the node's own. */
  own?: number
  /** Where rules that move a vector start from, shape (dim): what their caller kept of the last call. */
  start?: Float32Array
  /** One for each update, own included, summing to 1: from the graph. Equal ones when absent. */
  mixingWeights?: readonly number[]
  /** Loss of each update's model over one local batch, in nats; undefined where none was asked for. */
  losses?: readonly (number | undefined)[]
}

/** What a rule decides: a combination of the extended rows, or a statistic of what the rows have in each coordinate. */
export type Decision =
  | {
      /** Over the extended rows, summing to 1. */
      weights: Float64Array
      /** Why this is not what the rule gives as a matter of course. */
      notice?: string
    }
  | {
      column: ColumnRule
      /** The rows that it looks at; all when absent. */
      members?: readonly number[]
    }

/** A matrix over the extended rows, shape (count, size), each of its rows summing to 1. */
export interface Mixing {
  weights: Float64Array
  count: number
  own: number | undefined
}

/** What a rule needs of n, and of its caller, for given options. */
interface Needs<V> {
  /** One line for people. */
  readonly summary: string
  /** Fewest rows for which the rule is defined, with the honest ones in the majority. */
  minRows(values: V): number
  /** Fewest rows for which its published guarantee holds; `minRows` when absent. */
  guaranteeRows?(values: V): number
  /** What is wrong with options that are each right: completes the sentence "RULE: ...". */
  problem?(values: V): string | undefined
  /** Whether it asks for norms, or scales towards the zero vector. */
  usesOrigin?(values: V): boolean
}

export interface RuleDefinition<O extends Readonly<Record<string, Option>>> extends Needs<OptionValues<O>> {
  readonly options: O
  needsOwn?(values: OptionValues<O>): boolean
  needsStart?(values: OptionValues<O>): boolean
  /** Only updates have losses: nothing may come before such a rule. */
  readonly needsLosses?: true
  /** Which updates it wants the loss of; see `Aggregator.candidates`. */
  candidates?(rows: Rows, values: OptionValues<O>): number[]
  decide(rows: Rows, values: OptionValues<O>, options: AggregateOptions): Decision
}

export interface PreAggregatorDefinition<O extends Readonly<Record<string, Option>>> extends Needs<OptionValues<O>> {
  readonly options: O
  /** Rows that come out of n. */
  rowsOut?(n: number, values: OptionValues<O>): number
  /** Fewest that must go in for so many to come out. */
  rowsIn?(out: number, values: OptionValues<O>): number
  /** Whether it draws at random; then the own row is lost. */
  readonly needsRng?: true
  mix(rows: Rows, values: OptionValues<O>, rng: Rng | undefined): Mixing
}

export const defineRule = <const O extends Readonly<Record<string, Option>>>(rule: RuleDefinition<O>) => rule
export const definePreAggregator = <const O extends Readonly<Record<string, Option>>>(
  stage: PreAggregatorDefinition<O>
) => stage
