import { InvalidConfigError } from '../../interface/errors.ts'
import { nearestWord } from '../../interface/nearest-word.ts'
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

  // "cvs:FILE" is to be compared with "csv", not with "csv:PATH"
  const [word = ''] = spec.split(':', 1)
  const names = new Map(dataNames.map((name) => [name.split(':', 1)[0]!, name]))
  const meant = nearestWord(word, names.keys())
  const hint = meant === undefined ? '.' : `, did you mean "${names.get(meant)}"?`
  throw new InvalidConfigError(`unknown data "${spec}"${hint} Expected one of: ${dataNames.join(', ')}`, { spec })
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
