import { nearestWord } from '../interface/nearest-word.ts'
import type { SchemaKey } from './schema-keys.ts'
import { valueAt } from './value-at.ts'

export interface IssueContext {
  /** What was checked. */
  readonly input: unknown
  /** Every key that there is. */
  readonly keys: readonly SchemaKey[]
}

/** Where a key that is not there was to go: to another place, another variant, or a name that is spelt otherwise. */
export function describeUnknownKey(path: readonly PropertyKey[], key: string, { input, keys }: IssueContext): string {
  const at = [...path.map(String), key]
  const siblings = keys.filter((each) => startsWith(each.path, path) && each.path.length === at.length)
  const elsewhere = siblings.filter((each) => each.path.at(-1) === key)
  if (elsewhere.length > 0) return foreignKey(at, elsewhere, valueAt(input, [...path, 'name']))

  const start = `unknown key "${at.join('.')}"`
  const places = keys.filter((each) => each.path.at(-1) === key).map((each) => each.path.join('.'))
  if (places.length > 0) return `${start}: it belongs elsewhere: ${[...new Set(places)].join(' or ')}`
  const near = nearestWord(key, siblings.map(lastOf))
  if (near !== undefined) return `${start}, did you mean "${near}"?`
  const far = nearestWord(key, keys.map(lastOf))
  const full = keys.find((each) => lastOf(each) === far)?.path.join('.')

  return full === undefined ? `${start}; docs/JOBS.md lists the keys` : `${start}, did you mean "${full}"?`
}

/** `unknown key "learner.sample": gossip has none, modest, fedavg have`. */
function foreignKey(at: readonly string[], elsewhere: readonly SchemaKey[], name: unknown): string {
  const owners = [...new Set(elsewhere.map(({ variant }) => variant))].join(', ')
  const chosen = typeof name === 'string' ? name : 'the default'

  return `unknown key "${at.join('.')}": ${chosen} has none, ${owners} ${owners.includes(',') ? 'have' : 'has'}`
}

function startsWith(path: readonly string[], start: readonly PropertyKey[]): boolean {
  return start.every((part, i) => part === path[i])
}

function lastOf({ path }: SchemaKey): string {
  return path.at(-1)!
}
