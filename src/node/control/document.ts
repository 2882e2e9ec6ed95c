import { z } from 'zod'
import { DEFAULT_CONTROL_LIMITS } from './limits.ts'
import { METHODS, type MethodSpec, NOTIFICATIONS } from './schema.ts'

/** What JSON Schema says of a value, as far as ours go. */
interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
}

/** Above these a bound is no bound that a person would write down. */
const SAFE = Number.MAX_SAFE_INTEGER

/** The methods, for docs/API.md: what each takes and gives, as TypeScript would write it. */
export function apiMethods(): string {
  return Object.entries(METHODS)
    .map(([name, spec]) => methodText(name, spec))
    .join('\n\n')
}

/** What the node sends of itself, for docs/API.md. */
export function apiNotifications(): string {
  return Object.entries(NOTIFICATIONS)
    .map(
      ([name, { summary, params }]) => `### \`${name}\`\n\n${sentence(summary)}\n\n${code(schemaOf(params, 'output'))}`
    )
    .join('\n\n')
}

/** The bounds, for docs/API.md. */
export function apiLimits(): string {
  const {
    maxConnections,
    maxLineBytes,
    maxInFlight,
    maxSubscriptions,
    maxUnreadBytes,
    readMs,
    maxEventBacklogBytes,
    authenticateMs
  } = DEFAULT_CONTROL_LIMITS
  const rows = [
    ['clients at a time', `${maxConnections}`, 'told so (`ERR_CONTROL_BUSY`), and hung up on'],
    ['bytes of a request', `${maxLineBytes}`, 'told so (`ERR_CONTROL_LINE`), and hung up on'],
    ['requests of a client under way', `${maxInFlight}`, '`ERR_CONTROL_BUSY`'],
    ['subscriptions of a client', `${maxSubscriptions}`, '`ERR_CONTROL_BUSY`'],
    ['bytes of answers that a client has not read', `${maxUnreadBytes}`, 'its requests, and answers to it, wait'],
    ['milliseconds for it to read them', `${readMs}`, 'hung up on'],
    [
      'bytes that it has not read, for events',
      `${maxEventBacklogBytes}`,
      'events are left out, and counted: `dropped`'
    ],
    ['milliseconds for the token, over TCP', `${authenticateMs}`, 'told so (`ERR_CONTROL_TOKEN`), and hung up on']
  ]

  return ['| what | at most | beyond it |', '| --- | --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join(
    '\n'
  )
}

function methodText(name: string, { summary, access, params, result }: MethodSpec): string {
  const takes = paramsText(schemaOf(params, 'input'))
  const does = access === 'act' ? 'Changes the node. ' : ''

  return `### \`${name}\`\n\n${does}${sentence(summary)}\n\n${takes}\n\nResult:\n\n${code(schemaOf(result, 'output'))}`
}

function paramsText({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const given = schema.default === undefined ? 'may be left out' : `\`${JSON.stringify(schema.default)}\``
    const missing = required.includes(name) ? 'required' : given

    return `| \`${name}\` | ${cell(rangeText(schema))} | ${missing} | ${schema.description ?? ''} |`
  })
  if (rows.length === 0) return 'No params.'

  return ['| param | value | without it | what |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** A value with its bounds. */
function rangeText(schema: JsonSchema): string {
  const { minimum = -SAFE, maximum = SAFE } = schema
  const from = minimum > -SAFE ? `, from ${minimum}` : ''
  const to = maximum < SAFE ? `, to ${maximum}` : ''
  const choices = schema.items?.enum

  return choices === undefined ? `${typeText(schema)}${from}${to}` : 'names of events, a list'
}

/** As TypeScript writes a type, an object over several lines. */
function typeText(schema: JsonSchema, indent = ''): string {
  const { type, enum: words, const: value, anyOf, items, properties, additionalProperties } = schema
  if (anyOf !== undefined) return anyOf.map((each) => typeText(each, indent)).join(' | ')
  if (words !== undefined) return words.map((word) => `'${String(word)}'`).join(' | ')
  if (value !== undefined) return JSON.stringify(value)
  if (items !== undefined) return `${wrapped(typeText(items, indent))}[]`
  if (properties !== undefined) return objectText(schema, indent)
  if (typeof additionalProperties === 'object') return `{ [name: string]: ${typeText(additionalProperties, indent)} }`
  const types = typeof type === 'string' ? [type] : (type ?? ['unknown'])

  return types.map((each) => (each === 'integer' ? 'number' : each)).join(' | ')
}

function objectText({ properties = {}, required = [], additionalProperties }: JsonSchema, indent: string): string {
  const inner = `${indent}  `
  const open = typeof additionalProperties === 'object' ? [`${inner}[more: string]: unknown`] : []
  const lines = Object.entries(properties).map(([name, schema]) => {
    return `${inner}${name}${required.includes(name) ? '' : '?'}: ${typeText(schema, inner)}${commentOn(schema)}`
  })

  return `{\n${[...lines, ...open].join('\n')}\n${indent}}`
}

function commentOn(schema: JsonSchema): string {
  const isTime = [schema, ...(schema.anyOf ?? [])].some(({ format }) => format === 'date-time')
  const said = [...(isTime ? ['ISO 8601'] : []), ...(schema.description === undefined ? [] : [schema.description])]

  return said.length === 0 ? '' : ` // ${said.join('; ')}`
}

function wrapped(text: string): string {
  return text.includes(' | ') && !text.startsWith('{') ? `(${text})` : text
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, { io, target: 'draft-2020-12', reused: 'inline' }) as JsonSchema
}

function code(schema: JsonSchema): string {
  return `\`\`\`ts\n${typeText(schema)}\n\`\`\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`
}
