import type { Rng } from '../interface/rng.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Chain } from './chain.ts'
import { AggregationError } from './errors.ts'
import { Geometry } from './geometry.ts'
import { columnsOfCombinedInto, combineInto } from './materialise.ts'
import { mixRows, rowsNeeded } from './pre-aggregator.ts'
import { Rows } from './rows.ts'
import type { AggregateOptions, Decision } from './rule.ts'
import { formatChain } from './text.ts'

/** What became of each update. */
export interface AggregateReport {
  /**
   * Mixing weight of each update, shape (n): 0 for one that was left out, less than its share for one that was clipped.
   * They sum to 1, less what was clipped towards the zero vector or went to a start vector. Undefined where each
   * coordinate has its own: median, trimmed-mean, meamed, bulyan.
   */
  readonly weights: Float64Array | undefined
  /** Why the result is not what the rule gives as a matter of course; undefined when it is. */
  readonly notice: string | undefined
}

/** A rule, or a chain, with its options bound: n updates to one. It keeps nothing between calls. */
export interface Aggregator {
  /** Canonical text of the spec, which `parseAggregator` reads. */
  readonly name: string
  /** Fewest updates it can work with, own included. */
  readonly minUpdates: number
  /** Fewest updates for which the guarantee of its rules holds. */
  readonly guaranteeUpdates: number
  /** Whether the call must say which update is the node's own. */
  readonly needsOwn: boolean
  /** Whether the call must hand over a start vector: the last result, own params at first. */
  readonly needsStart: boolean
  /** Whether the call must hand over losses: of those that {@link candidates} names. */
  readonly needsLosses: boolean

  /** A new vector, shape (dim), made with `vectors.allocate`: the caller frees it. See {@link aggregateInto}. */
  aggregate(updates: readonly Float32Array[], options?: AggregateOptions): Float32Array

  /**
   * Writes the aggregate to `out`, shape (dim). Only `out` is written, which may be one of the updates; nothing is
   * written when it throws.
   *
   * @param updates - n vectors of shape (dim), own included, all finite: drop what is not before
   * @throws {AggregationError} ERR_TOO_FEW_UPDATES, ERR_UPDATES_DIM, ERR_UPDATE_NOT_FINITE, ERR_OWN_UPDATE,
   *   ERR_START_VECTOR, ERR_MIXING_WEIGHTS, ERR_LOSSES_MISSING, ERR_TOO_MANY_SUBSETS
   */
  aggregateInto(out: Float32Array, updates: readonly Float32Array[], options?: AggregateOptions): AggregateReport

  /** The updates whose loss `options.losses` must have, ascending, own included; none where losses are not needed. */
  candidates(updates: readonly Float32Array[], options?: AggregateOptions): number[]
}

export interface AggregatorComponents {
  vectors: VectorMath
  /** Where a chain draws at random. */
  rng?: Rng
}

/** The one implementation: what differs lies in the chain. */
export class ChainAggregator implements Aggregator {
  readonly name: string
  readonly minUpdates: number
  readonly guaranteeUpdates: number
  readonly needsOwn: boolean
  readonly needsStart: boolean
  readonly needsLosses: boolean
  readonly #chain: Chain
  readonly #components: AggregatorComponents

  constructor(components: AggregatorComponents, chain: Chain) {
    const { definition, values } = chain.last
    this.#components = components
    this.#chain = chain
    this.name = formatChain(chain)
    const minRows = definition.minRows(values as never)
    this.minUpdates = rowsNeeded(chain.pre, minRows, 'minRows')
    const guaranteed = definition.guaranteeRows?.(values as never) ?? minRows
    this.guaranteeUpdates = rowsNeeded(chain.pre, guaranteed, 'guaranteeRows')
    this.needsOwn = definition.needsOwn?.(values as never) ?? false
    this.needsStart = definition.needsStart?.(values as never) ?? false
    this.needsLosses = definition.needsLosses ?? false
  }

  aggregate(updates: readonly Float32Array[], options: AggregateOptions = {}): Float32Array {
    const { vectors } = this.#components
    const out = vectors.allocate(updates[0]?.length ?? 0)
    try {
      this.aggregateInto(out, updates, options)
    } catch (error) {
      vectors.free(out)
      throw error
    }

    return out
  }

  aggregateInto(out: Float32Array, updates: readonly Float32Array[], options: AggregateOptions = {}): AggregateReport {
    const { definition, values } = this.#chain.last
    const geometry = this.#geometry(updates, options)
    checkOut(out, updates)
    const rows = this.#rows(geometry)
    const decision = definition.decide(rows, values as never, options)
    geometry.checkFinite()

    return this.#write(out, geometry, rows, decision)
  }

  candidates(updates: readonly Float32Array[], options: AggregateOptions = {}): number[] {
    const { definition, values } = this.#chain.last
    if (definition.candidates === undefined) return []

    return definition.candidates(this.#rows(this.#geometry(updates, options)), values as never)
  }

  #geometry(updates: readonly Float32Array[], { own, start }: AggregateOptions): Geometry {
    this.#checkCall(updates, own, start)
    const { pre, last } = this.#chain
    const usesOrigin = [...pre, last].some(({ definition, values }) => definition.usesOrigin?.(values as never))
    const { vectors } = this.#components

    return new Geometry({ vectors, updates, own, usesOrigin, start: this.needsStart ? start : undefined })
  }

  #checkCall(updates: readonly Float32Array[], own: number | undefined, start: Float32Array | undefined): void {
    if (updates.length < this.minUpdates) {
      const message = `${this.name} needs ${this.minUpdates} updates, got ${updates.length}`
      throw new AggregationError('ERR_TOO_FEW_UPDATES', message, { needed: this.minUpdates, updates: updates.length })
    }
    if (this.needsOwn && own === undefined) {
      throw new AggregationError('ERR_OWN_UPDATE', `${this.name} needs to know which update is the own one`)
    }
    if (this.needsStart && start === undefined) {
      throw new AggregationError('ERR_START_VECTOR', `${this.name} needs a start vector: the last result`)
    }
  }

  #rows(geometry: Geometry): Rows {
    let rows = Rows.ofUpdates(geometry)
    for (const stage of this.#chain.pre) rows = mixRows(rows, stage, this.#components.rng)

    return rows
  }

  #write(out: Float32Array, geometry: Geometry, rows: Rows, decision: Decision): AggregateReport {
    const { vectors } = this.#components
    if ('weights' in decision) {
      const coefficients = rows.combine(decision.weights)
      combineInto(vectors, out, geometry, coefficients)
      return { weights: coefficients.slice(0, geometry.updates.length), notice: decision.notice }
    }

    const coefficients = rows.coefficients()
    const { column, members } = decision
    if (coefficients === undefined) {
      vectors.columnsInto(out, members?.map((i) => geometry.updates[i]!) ?? geometry.updates, column)
    } else {
      columnsOfCombinedInto(vectors, out, geometry, pickRows(coefficients, geometry.points, members), column)
    }
    return { weights: undefined, notice: undefined }
  }
}

function pickRows(coefficients: Float64Array, points: number, members: readonly number[] | undefined): Float64Array {
  if (members === undefined) return coefficients

  const picked = new Float64Array(members.length * points)
  for (const [row, i] of members.entries())
    picked.set(coefficients.subarray(i * points, (i + 1) * points), row * points)

  return picked
}

function checkOut(out: Float32Array, updates: readonly Float32Array[]): void {
  const dim = updates[0]!.length
  if (out.length === dim) return

  throw new AggregationError('ERR_UPDATES_DIM', `out has ${out.length} params, the updates have ${dim}`, { dim })
}
