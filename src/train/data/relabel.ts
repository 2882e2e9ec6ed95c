import { elementCount } from '../../interface/params.ts'
import type { ExampleSet } from './examples.ts'

/** `reversed`: what is of class y is taken for class `classes - 1 - y`. A data-poisoning attack, "label flipping". */
export type Relabelling = 'reversed'

/**
 * A view of `set` with other labels; the examples are the same.
 *
 * Source: Tolpegin et al., ESORICS 2020, arXiv:2007.08432, with all classes exchanged in pairs, as in byzfl.
 */
export function relabelled(set: ExampleSet, relabel: Relabelling | undefined): ExampleSet {
  if (relabel === undefined) return set

  const { name, count, shape, type, classes, targetShape } = set
  const targets = elementCount(targetShape)
  const reverse = (label: number): number => classes - 1 - label

  return {
    ...{ name, count, shape, type, classes, targetShape },
    labels: set.labels.map(reverse),
    readInto: (index, out, offset) => set.readInto(index, out, offset),
    readTargetInto: (index, out, offset) => {
      set.readTargetInto(index, out, offset)
      for (let i = offset; i < offset + targets; i++) out[i] = reverse(out[i]!)
    }
  }
}
