import type { Rng } from '../interface/rng.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Bound } from './chain.ts'
import { AggregationError } from './errors.ts'
import { Geometry } from './geometry.ts'
import { combineAllInto } from './materialise.ts'
import type { Option } from './options.ts'
import { Rows } from './rows.ts'
import type { PreAggregatorDefinition } from './rule.ts'
import { formatBound } from './text.ts'

type Stage = Bound<PreAggregatorDefinition<Readonly<Record<string, Option>>>>

/** Rows through one stage. The rng was seen to when the stage was made. */
export function mixRows(rows: Rows, { definition, values }: Stage, rng: Rng | undefined): Rows {
  const { weights, count, own } = definition.mix(rows, values as never, rng)

  return rows.mix(weights, count, own)
}

/** Fewest updates that must go into the stages for so many rows to come out, each stage having enough itself. */
export function rowsNeeded(stages: readonly Stage[], rowsOut: number, what: 'minRows' | 'guaranteeRows'): number {
  let needed = rowsOut
  for (const { definition, values } of stages.toReversed()) {
    const own = definition[what]?.(values as never) ?? definition.minRows(values as never)
    needed = Math.max(own, definition.rowsIn?.(needed, values as never) ?? needed)
  }

  return needed
}

/** A pre-aggregator by itself: n updates to n or fewer. */
export interface PreAggregator {
  /** Canonical text of the spec. */
  readonly name: string
  readonly minUpdates: number
  /** Vectors that come out of n updates. */
  outputs(n: number): number
  /**
   * @param outs - `outputs(n)` vectors of shape (dim), none of them an update
   * @throws {AggregationError} ERR_TOO_FEW_UPDATES, ERR_UPDATES_DIM, ERR_UPDATE_NOT_FINITE; nothing is written then
   */
  mixInto(outs: readonly Float32Array[], updates: readonly Float32Array[]): void
}

export interface PreAggregatorComponents {
  vectors: VectorMath
  rng?: Rng
}

export class StagePreAggregator implements PreAggregator {
  readonly name: string
  readonly minUpdates: number
  readonly #components: PreAggregatorComponents
  readonly #stage: Stage

  constructor(components: PreAggregatorComponents, stage: Stage) {
    this.#components = components
    this.#stage = stage
    this.name = formatBound(stage)
    this.minUpdates = rowsNeeded([stage], 1, 'minRows')
  }

  outputs(n: number): number {
    return this.#stage.definition.rowsOut?.(n, this.#stage.values as never) ?? n
  }

  mixInto(outs: readonly Float32Array[], updates: readonly Float32Array[]): void {
    const { vectors, rng } = this.#components
    const { definition, values } = this.#stage
    if (updates.length < this.minUpdates) {
      const message = `${this.name} needs ${this.minUpdates} updates, got ${updates.length}`
      throw new AggregationError('ERR_TOO_FEW_UPDATES', message, { needed: this.minUpdates, updates: updates.length })
    }
    const usesOrigin = definition.usesOrigin?.(values as never) ?? false
    const geometry = new Geometry({ vectors, updates, usesOrigin })
    const count = this.outputs(updates.length)
    if (outs.length !== count || outs.some((out) => out.length !== updates[0]!.length)) {
      const message = `${this.name} makes ${count} vectors of ${updates[0]!.length} params`
      throw new AggregationError('ERR_UPDATES_DIM', message, { outs: outs.length, needed: count })
    }

    const rows = mixRows(Rows.ofUpdates(geometry), this.#stage, rng)
    geometry.checkFinite()
    combineAllInto(vectors, outs, geometry, rows.coefficients()!)
  }
}
