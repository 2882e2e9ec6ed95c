import { createLayout, type Layout } from '../../../../src/interface/params.ts'
import type { HeadProbe } from '../../../../src/interface/trainer.ts'
import { createRng } from '../../../../src/math/philox.ts'
import { VectorHeap } from '../../../../src/math/vector-heap.ts'
import type { IntegratingFilter } from '../../../../src/robust/filters/filter.ts'
import { createFilter, parseFilter } from '../../../../src/robust/filters/registry.ts'

export function headLayout(width: number, classes: number): Layout {
  return createLayout([
    { name: 'head.kernel', shape: [width, classes], kind: 'head' },
    { name: 'head.bias', shape: [classes], kind: 'bias' }
  ])
}

export interface MakeInit {
  width: number
  classes: number
  text?: string
  seed?: number
  maxSenders?: number
}

export function bristle({ width, classes, text = 'bristle', seed = 1, maxSenders = 64 }: MakeInit): IntegratingFilter {
  const components = {
    vectors: new VectorHeap(),
    layout: headLayout(width, classes),
    rng: createRng(seed, 'filter'),
    maxSenders
  }
  const filter = createFilter(parseFilter(text), components)
  if (filter.kind !== 'integrating') throw new Error(`${text} does not integrate`)

  return filter
}

/** `perClass` examples of each of `familiar`: feature c is 1 for class c, as wide as there are classes. */
export function unitProbe(familiar: readonly number[], classes: number, perClass: number): HeadProbe {
  const labels = Int32Array.from(familiar.flatMap((c) => Array.from({ length: perClass }, () => c)))
  const features = new Float32Array(labels.length * classes)
  for (const [i, label] of labels.entries()) features[i * classes + label] = 1

  return { features, labels, width: classes, classes }
}

/** Params whose kernel row f makes class `answers[f]` likeliest for feature f; none where that is undefined. */
export function answering(answers: readonly (number | undefined)[], scale = 1): Float32Array {
  const classes = answers.length
  const params = new Float32Array(classes * classes + classes)
  for (const [f, c] of answers.entries()) if (c !== undefined) params[f * classes + c] = scale

  return params
}
