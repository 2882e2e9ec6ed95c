/** Distances of points on a line or in a plane, shape (n, n). */
export function distancesOf(points: readonly (readonly number[])[]): Float64Array {
  const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((x, k) => x - b[k]!))

  return Float64Array.from(points.flatMap((a) => points.map((b) => distance(a, b))))
}
