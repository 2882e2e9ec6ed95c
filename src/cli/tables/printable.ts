// control characters of both sets, line and paragraph separators, and what turns the direction of writing
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text of which a part may come from a peer, made harmless for a terminal: nothing in it moves the cursor. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '?')
}

/** At most so many characters, the last of which is an ellipsis where something is missing. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
