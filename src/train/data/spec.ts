import { InvalidConfigError } from '../../interface/errors.ts'
import { type ImageSetName, isImageSetName } from './image-catalogue.ts'

/** Where the data comes from, as the job file and the command line write it. */
export type DataSpec = string

/** Everything `--data` understands. */
export const dataNames = Object.freeze([
  'glyphs',
  'fashion-mnist',
  'mnist',
  'mnist-t10k',
  'idx:DIR',
  'csv:PATH',
  'text:PATH[?length=128]'
] as const)

export type ParsedDataSpec =
  | { kind: 'glyphs' }
  | { kind: 'images'; name: ImageSetName }
  | { kind: 'idx'; path: string }
  | { kind: 'csv'; path: string }
  | { kind: 'text'; path: string; length: number }

/** Tokens a window: the context of the small GPT. */
const DEFAULT_LENGTH = 128
/** Attention is quadratic in it: more is surely a slip of the pen. */
const MAX_LENGTH = 8192

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID naming the valid ones and the nearest */
export function parseDataSpec(spec: DataSpec): ParsedDataSpec {
  if (spec === 'glyphs') return { kind: 'glyphs' }
  if (isImageSetName(spec)) return { kind: 'images', name: spec }

  const colon = spec.indexOf(':')
  const kind = spec.slice(0, Math.max(0, colon))
  const rest = spec.slice(colon + 1)
  if (kind === 'idx' || kind === 'csv' || kind === 'text') {
    if (rest === '') throw new InvalidConfigError(`data "${spec}": a path must follow "${kind}:"`, { spec })

    return kind === 'text' ? parseText(spec, rest) : { kind, path: rest }
  }

  throw new InvalidConfigError(
    `unknown data "${spec}", did you mean "${nearest(spec)}"? Expected one of: ${dataNames.join(', ')}`,
    { spec }
  )
}

function parseText(spec: string, rest: string): ParsedDataSpec {
  const [, path = rest, options] = /^(.+?)(?:\?([^?/]*))?$/s.exec(rest) ?? []
  if (options === undefined) return { kind: 'text', path, length: DEFAULT_LENGTH }

  const match = /^length=(\d{1,6})$/.exec(options)
  const length = Number(match?.[1])
  if (match === null || length < 1 || length > MAX_LENGTH) {
    throw new InvalidConfigError(`data "${spec}": "?${options}" must be ?length=N, N from 1 to ${MAX_LENGTH}`, { spec })
  }

  return { kind: 'text', path, length }
}

/** The name that takes the fewest single-character edits; prefixes of kinds count by their prefix. */
function nearest(spec: string): string {
  const prefix = spec.split(':', 1)[0]!.toLowerCase()
  const distance = (name: string): number => editDistance(prefix, name.split(':', 1)[0]!)

  return dataNames.reduce<string>((best, name) => (distance(name) < distance(best) ? name : best), dataNames[0])
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }

  return row[b.length]!
}
