import type { Rng } from '../../interface/rng.ts'

/**
 * Up to `perClass` examples of each class, drawn without repeats; class after class, in the order drawn.
 *
 * @param slice - the examples to draw from, indices into `labels`; only read
 * @param labels - class of every example of the set
 */
export function drawProbe(
  { slice, labels, classes }: { slice: Uint32Array; labels: Int32Array; classes: number },
  perClass: number,
  rng: Rng
): number[] {
  const drawn = Array.from({ length: classes }, (): number[] => [])
  for (const index of rng.shuffle([...slice])) {
    const ofClass = drawn[labels[index]!]!
    if (ofClass.length < perClass) ofClass.push(index)
  }

  return drawn.flat()
}
