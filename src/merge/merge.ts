import type { Layout } from '../interface/params.ts'
import type { Rng } from '../interface/rng.ts'
import type { FisherOptions } from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Option, OptionValues } from '../robust/options.ts'
import type { FisherVector, Update } from './update.ts'

export type { FisherVector } from './update.ts'

export interface MergeInput {
  /** Own params, shape (dim): read, then overwritten with the result. */
  params: Float32Array
  /** Own training examples; what peers claim is bounded by them. */
  examples: number
  /**
   * Whether own params take part. Whoever aggregates for others has none: then they are only overwritten.
   * @default true
   */
  hasOwn?: boolean
  /** Accepted models of peers; only read. */
  updates: readonly Update[]
  /** Decides what a policy draws. @default 0 */
  round?: number
  /** For policies that need it (`needsFisher`): the own one, if own params take part, and one for each update, in order. */
  fisher?: { own?: FisherVector; updates: readonly FisherVector[] }
}

export interface MergeReport {
  /** Mixing weights of own params, if they take part, and updates, in this order; they sum to 1. */
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
  /** How that is estimated, by the policy's options; undefined where it is not needed. */
  readonly fisher: FisherEstimate | undefined
  /** Why it goes by the own model, and what to write instead; undefined when it does not: then `hasOwn` may be false. */
  readonly needsOwn: string | undefined
  /**
   * Without updates nothing changes.
   * @throws {MergeError} ERR_UPDATES_DIM, ERR_FISHER_MISSING, ERR_FISHER_VALUE, before anything is written
   */
  mergeInto(input: MergeInput): MergeReport
}

export interface MergeComponents {
  vectors: VectorMath
  layout: Layout
  /** Decides, for a round, the order in which `aligned` visits layers; first to last when absent. */
  rngOf?: (round: number) => Rng
}

export type FisherEstimate = Pick<FisherOptions, 'examples' | 'labels'>

/** What a policy works with: n models, the own one first if it takes part. */
export interface Mix {
  /** Shape (dim): the result goes here. The own model itself, if it takes part. */
  out: Float32Array
  models: readonly Float32Array[]
  /** n, summing to 1. */
  weights: readonly number[]
  hasOwn: boolean
  round: number
  /** n, for policies that need it; else none. */
  fishers: readonly FisherVector[]
}

/** What a policy does with models that were checked. @returns what it has to say besides the weights */
export type MergeFunction = (mix: Mix) => Omit<MergeReport, 'weights'>

export interface PolicyDefinition<O extends Readonly<Record<string, Option>>> {
  /** One line for people. */
  readonly summary: string
  readonly options: O
  /** Present where Fisher vectors are needed. */
  fisher?(values: OptionValues<O>): FisherEstimate
  /** What makes it go by the own model, and what to write instead: completes the sentence "NAME ...". */
  needsOwn?(values: OptionValues<O>): string | undefined
  /** @throws {InvalidConfigError} when the layout is not one that the policy can merge */
  create(values: OptionValues<O>, components: MergeComponents): MergeFunction
}

export const definePolicy = <const O extends Readonly<Record<string, Option>>>(policy: PolicyDefinition<O>) => policy
