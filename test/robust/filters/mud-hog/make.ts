import { createRng } from '../../../../src/math/philox.ts'
import { VectorHeap } from '../../../../src/math/vector-heap.ts'
import type { ScreeningFilter } from '../../../../src/robust/filters/filter.ts'
import { createFilter, parseFilter } from '../../../../src/robust/filters/registry.ts'

export interface MakeInit {
  dim: number
  text?: string
  seed?: number
  maxSenders?: number
}

export function mudHog({ dim, text = 'mud-hog', seed = 1, maxSenders = 64 }: MakeInit): ScreeningFilter {
  const components = {
    vectors: new VectorHeap(),
    layout: { tensors: [], dim },
    rng: createRng(seed, 'filter'),
    maxSenders
  }
  const filter = createFilter(parseFilter(text), components)
  if (filter.kind !== 'screening') throw new Error(`${text} is no screening filter`)

  return filter
}
