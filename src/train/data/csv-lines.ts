/** `number` counts from 1, blank lines included, as an editor does. */
export interface Line {
  readonly number: number
  readonly fields: readonly string[]
}

const SEPARATORS = [',', ';', '\t'] as const

/** The lines of a table that are not blank, cut at whichever separator is most frequent in the first. */
export function splitLines(text: string): Line[] {
  const raw = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const first = raw.find((line) => line.trim() !== '') ?? ''
  const count = (separator: string): number => first.split(separator).length
  const separator = SEPARATORS.reduce<string>((best, next) => (count(next) > count(best) ? next : best), ',')

  return raw.flatMap((line, i) => (line.trim() === '' ? [] : [{ number: i + 1, fields: splitFields(line, separator) }]))
}

/** Cuts at separators outside quotes; a doubled quote inside quotes is one. */
function splitFields(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((field) => field.trim())

  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!
    if (quoted && character === '"' && line[i + 1] === '"') field += line[i++]
    else if (character === '"') quoted = !quoted
    else if (character === separator && !quoted) {
      fields.push(field.trim())
      field = ''
    } else field += character
  }

  return [...fields, field.trim()]
}
