import { stringify } from 'yaml'
import { InvalidConfigError } from '../interface/errors.ts'
import { JOB_DEFAULTS, JOB_KEYS } from './job.ts'
import { JOB_WORDS } from './job-words.ts'
import { valueAt } from './value-at.ts'

/** Where the words begin, in columns; and where lines end. */
const WORDS_COLUMN = 28
const LINE_COLUMNS = 88

const HEAD = `\
# A job: what all nodes of a swarm agree on. Give each machine this same file, then
#   starling node job.yaml
# What stands here are the defaults: change what you like, remove what you leave as it is.
# docs/JOBS.md says more, also of other learners, models and data.
`

/** A key of the job, with what is said of it. */
interface Entry {
  readonly depth: number
  /** Depth of the block that is commented out, with all in it. */
  readonly commentedFrom?: number
  readonly text: string
  readonly words: string
}

/**
 * A job that says every key with its default, and what to know of it: for people to start from. What has no default of
 * its own is commented out.
 */
export function jobTemplate(): string {
  return [HEAD, ...entriesBelow([]).flatMap(linesOf), ''].join('\n')
}

function entriesBelow(path: readonly string[], commentedFrom?: number): Entry[] {
  return childrenOf(path).flatMap((child) => entriesOf(child, commentedFrom))
}

function entriesOf(path: readonly string[], outer: number | undefined): Entry[] {
  const value = valueAt(JOB_DEFAULTS, path)
  const { words, example } = wordsOf(path)
  const depth = path.length - 1
  const isBlock = isBranch(value) || (value === undefined && childrenOf(path).length > 0)
  // a block with nothing in it would say "nothing" where keys belong
  const isAbsent = value === undefined || (isBranch(value) && Object.keys(value).length === 0)
  const commentedFrom = outer ?? (isAbsent ? depth : undefined)
  const text = isBlock ? `${path.at(-1)}:` : `${path.at(-1)}: ${written(value ?? example)}`
  const entry = { depth, text, words, ...(commentedFrom === undefined ? {} : { commentedFrom }) }

  return isBlock ? [entry, ...entriesBelow(path, commentedFrom)] : [entry]
}

/** The keys below, of the variant that is the default. */
function childrenOf(path: readonly string[]): (readonly string[])[] {
  const name = valueAt(JOB_DEFAULTS, [...path, 'name'])

  return JOB_KEYS.filter(
    (key) =>
      key.path.length === path.length + 1 &&
      path.every((part, i) => part === key.path[i]) &&
      (key.variant === undefined || key.variant === name)
  ).map((key) => key.path)
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wordsOf(path: readonly string[]): { words: string; example?: unknown } {
  const words = JOB_WORDS[path.join('.')]
  if (words === undefined) throw new InvalidConfigError(`no words for the key ${path.join('.')} of a job`)

  return typeof words === 'string' ? { words } : words
}

function written(value: unknown): string {
  return stringify(value, {
    collectionStyle: Array.isArray(value) ? 'flow' : 'any',
    flowCollectionPadding: false
  }).trim()
}

function linesOf({ depth, commentedFrom, text, words }: Entry): string[] {
  const start =
    commentedFrom === undefined
      ? `${indent(depth)}${text}`
      : `${indent(commentedFrom)}# ${indent(depth - commentedFrom)}${text}`
  const lines = wrap(words, LINE_COLUMNS - WORDS_COLUMN - 4)
  // what is too long to have words beside it has them below
  const [first = '', ...more] = start.length < WORDS_COLUMN ? lines : ['', ...lines]

  return [
    first === '' ? start : `${start.padEnd(WORDS_COLUMN - 1)} # ${first}`,
    ...more.map((part) => `${''.padEnd(WORDS_COLUMN)}#   ${part}`)
  ]
}

function indent(depth: number): string {
  return '  '.repeat(depth)
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }

  return lines
}
