import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Layout } from '../../interface/params.ts'
import { elementCount } from '../../interface/params.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { addSums, type Likeness, likenessOf, NO_SUMS, type Sums, sumsOf } from '../../math/likeness.ts'

export interface LayerLikeness extends Likeness {
  readonly layer: string
  readonly parameters: number
}

export interface ModelLikeness extends Likeness {
  /** In the order of the layout. */
  readonly layers: readonly LayerLikeness[]
}

/** A millisecond or two; in between the node does its work. */
const CHUNK = 1_000_000

/**
 * How alike two models are, in total and tensor by tensor, in one pass.
 *
 * @param a - shape (layout.dim)
 * @param b - the same
 */
export async function compareModels(
  a: Float32Array,
  b: Float32Array,
  { tensors }: Layout,
  options: AbortOptions = {}
): Promise<ModelLikeness> {
  let total = NO_SUMS
  const layers: LayerLikeness[] = []
  for (const { name, shape, offset } of tensors) {
    const parameters = elementCount(shape)
    const sums = await sumInChunks(a, b, { start: offset, end: offset + parameters }, options)
    total = addSums(total, sums)
    layers.push({ layer: name, parameters, ...likenessOf(sums) })
  }

  return { ...likenessOf(total), layers }
}

async function sumInChunks(
  a: Float32Array,
  b: Float32Array,
  { start, end }: { start: number; end: number },
  { signal }: AbortOptions
): Promise<Sums> {
  let sums = NO_SUMS
  for (let at = start; at < end; at += CHUNK) {
    sums = addSums(sums, sumsOf(a, b, at, Math.min(end, at + CHUNK)))
    if (at + CHUNK < end) await nextTurn(undefined, signal === undefined ? {} : { signal })
  }

  return sums
}
