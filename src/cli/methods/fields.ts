import { z } from 'zod'
import { METHODS, type MethodName } from '../../node/control/schema.ts'

/** One param of a method, as the schema has it. */
export interface Field {
  readonly name: string
  readonly isRequired: boolean
  readonly type: 'text' | 'number'
  /** The only values there are; empty when there are others. */
  readonly choices: readonly string[]
  /** What it is for, as a phrase. */
  readonly description: string
  /** What it may be, as a phrase: "a whole number from 1 to 1000". */
  readonly expected: string
  readonly isPeer: boolean
  /** `self` is one too. */
  readonly isSelfToo: boolean
  /** What it is when left out, for a person; undefined when that is nothing. */
  readonly preset: string | undefined
}

/** What of JSON Schema the params of methods use. */
interface JsonField {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** The params of a method: those that it needs first, then the others, each in the order of the schema. */
export function fieldsOf(method: MethodName): Field[] {
  const { properties = {}, required = [] } = z.toJSONSchema(METHODS[method].params, { io: 'input' })
  const fields = Object.entries(properties).map(([name, field]) =>
    toField(name, field as JsonField, required.includes(name))
  )

  return [...fields.filter(({ isRequired }) => isRequired), ...fields.filter(({ isRequired }) => !isRequired)]
}

function toField(name: string, json: JsonField, isRequired: boolean): Field {
  const { description = '', default: preset } = json

  return {
    name,
    isRequired,
    type: json.type === 'string' ? 'text' : 'number',
    choices: json.enum ?? [],
    description,
    expected: expectedOf(json),
    isPeer: json.format !== undefined && json.format in PEER_FORMATS,
    isSelfToo: json.format === 'peer-or-self',
    preset: preset === undefined || preset === '' ? undefined : String(preset)
  }
}

/** Formats of the schema for which peers are offered, and what else they take. */
const PEER_FORMATS: Readonly<Record<string, string>> = {
  peer: 'the id of a peer, or its end as tables print it',
  'peer-or-self': 'self, the id of a peer, or its end as tables print it',
  'peer-or-address': 'the id of a peer, its end as tables print it, or an IP address'
}

function expectedOf({ type, format, enum: choices, minimum, exclusiveMinimum, maximum, maxLength }: JsonField): string {
  if (format !== undefined && PEER_FORMATS[format] !== undefined) return PEER_FORMATS[format]
  if (choices !== undefined) return `one of ${choices.join(', ')}`
  if (type === 'string') return `a text of at most ${maxLength} characters`
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`

  return `a number above ${exclusiveMinimum}, up to ${maximum}`
}
