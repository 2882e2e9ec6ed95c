/**
 * Comparators that sort n values, whatever these are: pairs of positions
 * (a, b) with a < b, flat; each puts the lesser value at a.
 *
 * Source: Batcher's merge exchange, for any n: Knuth, The Art of Computer
 * Programming 3, 5.2.2, algorithm M.
 *
 * Cost: about n * log2(n)^2 / 4 comparators; 97 for 20.
 */
export function sortingNetwork(n: number): Uint16Array {
  const comparators: number[] = []
  const top = 2 ** Math.ceil(Math.log2(Math.max(n, 2)) - 1)
  for (let p = top; p >= 1; p /= 2) {
    let residue = 0
    let distance = p
    for (let q = top; q >= p; q /= 2) {
      for (let i = 0; i + distance < n; i++) if ((i & p) === residue) comparators.push(i, i + distance)
      distance = q - p
      residue = p
    }
  }

  return Uint16Array.from(comparators)
}

/** {@link sortingNetwork} without what makes no difference to the positions `from` to before `to`. */
export function prunedNetwork(n: number, from: number, to: number): Uint16Array {
  const network = sortingNetwork(n)
  const isNeeded = Array.from({ length: n }, (_, position) => position >= from && position < to)
  const kept: number[] = []
  for (let at = network.length - 2; at >= 0; at -= 2) {
    const [a, b] = [network[at]!, network[at + 1]!]
    if (!isNeeded[a] && !isNeeded[b]) continue
    isNeeded[a] = true
    isNeeded[b] = true
    kept.push(b, a)
  }

  return Uint16Array.from(kept.reverse())
}
