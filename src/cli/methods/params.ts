import { inspect } from 'node:util'
import { CodedError } from '../../interface/errors.ts'
import { nearestWord } from '../../interface/nearest-word.ts'
import { METHODS, type ParamsOf } from '../../node/control/schema.ts'
import { clip } from '../tables/printable.ts'
import { counted } from '../tables/values.ts'
import { type Field, fieldsOf } from './fields.ts'
import { type OfferedMethod, promptName, WITHOUT_PARAMS } from './offered.ts'

/** What a node is asked. */
export interface Call<M extends OfferedMethod = OfferedMethod> {
  readonly method: M
  readonly params: ParamsOf<M>
}

type Given = Readonly<Record<string, unknown>>

/**
 * The call that was written at the prompt: values in the order of the method's fields, then named ones in an object.
 * `ban('..iKyYPuyr', { seconds: 60 })`.
 *
 * @throws {CodedError} ERR_CONTROL_PARAMS, with what would be right
 */
export function callFromArguments(method: OfferedMethod, args: readonly unknown[]): Call {
  const fields = fieldsOf(method)
  const last = args.at(-1)
  const [values, named] = isPlainObject(last) ? [args.slice(0, -1), last] : [args, {}]
  if (values.length > fields.length)
    throw wrong(method, `it takes ${fields.length === 0 ? 'nothing' : `${counted(fields.length, 'value')} at most`}`)

  return callFromNames(method, { ...Object.fromEntries(values.map((value, i) => [fields[i]!.name, value])), ...named })
}

/**
 * The call that was written with a name for each param; undefined ones are those not given.
 *
 * @throws {CodedError} ERR_CONTROL_PARAMS
 */
export function callFromNames(method: OfferedMethod, given: Given): Call {
  const params = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const instead = Object.keys(params).length === 0 ? WITHOUT_PARAMS[method] : undefined
  if (instead !== undefined) return { method: instead, params: {} }

  return { method, params: checked(method, withoutDots(method, params)) }
}

/** How it is called: `ban(peer, { reason, seconds })`. */
export function signature(method: OfferedMethod): string {
  const fields = fieldsOf(method)
  const needed = fields.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  const others = fields.filter(({ isRequired }) => !isRequired).map(({ name }) => name)
  if (fields.length === 0) return promptName(method)
  if (needed.length === 0 && others.length === 1) return `${promptName(method)}(${others[0]})`
  const named = others.length === 0 ? [] : [`{ ${others.join(', ')} }`]

  return `${promptName(method)}(${[...needed, ...named].join(', ')})`
}

/** As given, if the schema allows it: what is left out stays out, for the node to fill in. */
function checked<M extends OfferedMethod>(method: M, params: Given): ParamsOf<M> {
  const fields = fieldsOf(method)
  checkNames(method, fields, Object.keys(params))
  const missing = fields.find(({ name, isRequired }) => isRequired && params[name] === undefined)
  if (missing !== undefined) throw wrong(method, `it needs ${missing.name}, ${missing.expected}`)

  const [issue] = METHODS[method].params.safeParse(params).error?.issues ?? []
  const field = fields.find(({ name }) => name === issue?.path[0])
  if (field !== undefined) throw wrong(method, `${field.name} is ${field.expected}, not ${shown(params[field.name])}`)

  return params as ParamsOf<M>
}

/** Tables write `..iKyYPuyr`: the dots stand for the beginning that is left out. */
function withoutDots(method: OfferedMethod, params: Given): Given {
  const peers = fieldsOf(method).filter(({ isPeer }) => isPeer)
  const isEnd = (name: string, value: unknown): value is string =>
    typeof value === 'string' && peers.some((field) => field.name === name)

  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, isEnd(name, value) ? value.replace(/^\.\./, '') : value])
  )
}

function checkNames(method: OfferedMethod, fields: readonly Field[], names: readonly string[]): void {
  const known = fields.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return

  const meant = nearestWord(unknown, known)
  throw wrong(method, `it has no param "${unknown}"${meant === undefined ? '' : `, did you mean "${meant}"?`}`)
}

function shown(value: unknown): string {
  return clip(inspect(value, { depth: 0, breakLength: Infinity }), 40)
}

function wrong(method: OfferedMethod, what: string): CodedError {
  return new CodedError('ERR_CONTROL_PARAMS', `${promptName(method)}: ${what}; it is called ${signature(method)}`)
}

/** Also of an object that was written at the prompt, whose realm has an Object of its own. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)

  return prototype === null || Object.getPrototypeOf(prototype) === null
}
