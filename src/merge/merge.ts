import type { Layout } from '../interface/params.ts'
import type { Rng } from '../interface/rng.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Option, OptionValues } from '../robust/options.ts'
import type { Update } from './update.ts'

/** Diagonal of a Fisher information matrix, shape (dim): how much each param matters to its model. All >= 0, finite. */
export type FisherVector = Float32Array

export interface MergeInput {
  /** Own params, shape (dim): read, then overwritten with the result. */
  params: Float32Array
  /** Own training examples. */
  examples: number
  /** Accepted models of peers; only read. */
  updates: readonly Update[]
  /** For policies that need it (`needsFisher`): the own one, and one for each update, in their order. */
  fisher?: { own: FisherVector; updates: readonly FisherVector[] }
}

export interface MergeReport {
  /** Mixing weights of own params and updates, in this order; they sum to 1. */
  weights: readonly number[]
  /**
   * `variance-corrected`: what each corrected tensor was stretched by. About sqrt(n) for models that have nothing in
   * common, 1 for alike ones: so it measures how alike they are.
   */
  factors?: readonly { tensor: string; factor: number }[]
  /** `aligned`: for each update, what fraction of its hidden units changed places. */
  moved?: readonly number[]
}

/** One way to combine own params with those of peers. Same input, same result, to the last bit. */
export interface Merge {
  /** What {@link parseMerge} reads, options that differ from their default written out. */
  readonly name: string
  readonly needsFisher: boolean
  /**
   * Without updates nothing changes.
   * @throws {MergeError} ERR_UPDATES_DIM, ERR_FISHER_MISSING, ERR_FISHER_VALUE, before anything is written
   */
  mergeInto(input: MergeInput): MergeReport
}

export interface MergeComponents {
  vectors: VectorMath
  layout: Layout
  /** Decides the order in which `aligned` visits layers; first to last when absent. */
  rng?: Rng
}

/** What a policy does with input that was checked and has updates. */
export type MergeFunction = (input: MergeInput) => MergeReport

export interface PolicyDefinition<O extends Readonly<Record<string, Option>>> {
  /** One line for people. */
  readonly summary: string
  readonly options: O
  readonly needsFisher?: true
  /** @throws {InvalidConfigError} when the layout is not one that the policy can merge */
  create(values: OptionValues<O>, components: MergeComponents): MergeFunction
}

export const definePolicy = <const O extends Readonly<Record<string, Option>>>(policy: PolicyDefinition<O>) => policy
