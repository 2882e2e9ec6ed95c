import type { z } from 'zod'
import { nearestWord } from '../interface/nearest-word.ts'
import type { SchemaKey } from './schema-keys.ts'
import { describeUnknownKey, type IssueContext } from './unknown-key.ts'
import { valueAt } from './value-at.ts'

/** One thing that is wrong with a job. */
export interface JobProblem {
  /** The keys that lead to it. */
  readonly at: readonly PropertyKey[]
  /** Names the key, what is wrong and what would be right. */
  readonly text: string
}

/** What an issue of the schema says to a person: a problem for each key that it is about. */
export function describeIssue(issue: z.core.$ZodIssue, context: IssueContext): JobProblem[] {
  const { path, code } = issue
  if (code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ at: [...path, key], text: describeUnknownKey(path, key, context) }))
  }
  const where = path.length === 0 ? 'the job' : path.map(String).join('.')
  const value = valueAt(context.input, path)
  const expected = expectation(issue, value, context)

  return [{ at: path, text: expected === undefined ? `${where}: ${issue.message}` : wrong(where, value, expected) }]
}

function wrong(where: string, value: unknown, expected: string): string {
  return value === undefined
    ? `${where} is missing: expected ${expected}`
    : `${where}: ${shown(value)}: expected ${expected}`
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  array: 'a list',
  boolean: 'true or false'
}

/** What would have been right; undefined when the issue says it itself. */
function expectation(issue: z.core.$ZodIssue, value: unknown, { keys }: IssueContext): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'object'
        ? childrenOf(issue.path, keys)
        : `${TYPES[issue.expected] ?? issue.expected}${unquoted(issue.expected, value)}`
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'above' : 'at least', issue.minimum)
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'below' : 'at most', issue.maximum)
    case 'invalid_value':
      return oneOf(issue.values.map(String), value)
    case 'invalid_union': {
      // of a choice by name, whose names the types of zod leave out
      const { options } = issue as { options?: readonly unknown[] }

      return options === undefined ? undefined : oneOf(options.map(String), value)
    }
    default:
      return undefined
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'array') return `${relation} ${limit} items`
  if (origin === 'string') return `${relation} ${limit} ${limit === 1 ? 'character' : 'characters'}`

  return `${relation} ${limit}`
}

function oneOf(words: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? nearestWord(value, words) : undefined

  return `${words.length === 1 ? '' : 'one of '}${words.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

/** `batchSize: "32"` is the text 32. */
function unquoted(expected: string, value: unknown): string {
  const isNumber = expected === 'number' || expected === 'int'

  return isNumber && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? ', without quotes'
    : ''
}

function childrenOf(path: readonly PropertyKey[], keys: readonly SchemaKey[]): string {
  const children = keys
    .filter((key) => key.path.length === path.length + 1 && path.every((part, i) => part === key.path[i]))
    .map((key) => key.path.at(-1)!)

  return `keys of its own, such as ${[...new Set(children)].slice(0, 3).join(', ')}`
}

const SHOWN_CHARS = 40

function shown(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'keys'
  const text = String(value)

  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : JSON.stringify(text).slice(1, -1)
}
