/**
 * The fewest insertions, deletions, substitutions and swaps of two neighbours that turn `a` into `b`, no place edited
 * twice ("optimal string alignment").
 *
 * Source: Damerau, CACM 7(3), 1964; Wagner and Fischer's table, of which three rows are kept.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)

  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const edit = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      row.push(isSwap ? Math.min(edit, beforeLast[j - 2]! + 1) : edit)
    }
    beforeLast = last
    last = row
  }

  return last[b.length]!
}

/** Past this length a word is no typing slip, and comparing it would cost more than it helps. */
const MAX_WORD_LENGTH = 64

/**
 * The candidate that `word` was probably meant to be, case ignored: the first of those fewest edits away. Undefined
 * when even that one differs in more than a third of the longer word's letters (at least one, or it would be no slip).
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word === '' || word.length > MAX_WORD_LENGTH) return undefined

  const typed = word.toLowerCase()
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.toLowerCase())
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) best = { candidate, distance }
  }

  return best?.candidate
}
