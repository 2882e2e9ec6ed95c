/**
 * Moves labels apart along one axis, each as little as the others allow.
 *
 * @param wanted - where each label would be, in any order
 * @param gap - smallest distance between two labels
 * @param bounds - the first and the last place; kept to as long as all labels fit
 * @returns a place for each label, in the order of `wanted`
 */
export function stackLabels(wanted: readonly number[], gap: number, [from, to]: readonly [number, number]): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!)
  const places = wanted.map((place) => Math.min(to, Math.max(from, place)))

  // downwards everybody makes room for the one above, then upwards the last ones come back inside
  let free = from
  for (const i of order) {
    places[i] = Math.max(places[i]!, free)
    free = places[i]! + gap
  }
  let limit = to
  for (const i of order.toReversed()) {
    places[i] = Math.min(places[i]!, limit)
    limit = places[i]! - gap
  }

  return places
}
