/**
 * A text in capitals, with the characters of the original as its vocabulary: those that it no longer has stand once, in a
 * line before it, so that a model of the one takes the other.
 */
export function upperCased(text: string): string {
  const capitals = text.toUpperCase()
  const left = new Set(capitals)
  const lost = [...new Set(text)].filter((character) => !left.has(character)).sort()
  const gained = [...left].filter((character) => !text.includes(character))
  if (gained.length > 0) throw new Error(`capitals that the text has not: ${gained.join('')}`)

  return `${lost.join('')}\n${capitals}`
}
