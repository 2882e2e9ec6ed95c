import type { Layout } from '../../interface/params.ts'
import type { Rng } from '../../interface/rng.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { Option, OptionValues } from '../options.ts'
import type { PeerFilter } from './filter.ts'

export interface FilterComponents {
  readonly vectors: VectorMath
  /** Of the params that are exchanged. */
  readonly layout: Layout
  /**
   * Draws a filter's secrets. Not from the job's seed alone, which everyone knows: who knows what a node draws can hide
   * from it.
   */
  readonly rng: Rng
  /** Most senders that it remembers. */
  readonly maxSenders: number
}

export interface FilterDefinition<O extends Readonly<Record<string, Option>>> {
  /** One line for people. */
  readonly summary: string
  readonly kind: PeerFilter['kind']
  readonly options: O
  /** @throws {InvalidConfigError} ERR_CONFIG_INVALID when it can't work with such a layout */
  create(name: string, values: OptionValues<O>, components: FilterComponents): PeerFilter
}

export const defineFilter = <const O extends Readonly<Record<string, Option>>>(filter: FilterDefinition<O>) => filter
