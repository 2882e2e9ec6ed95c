import type { z } from 'zod'
import { CodedError } from '../../interface/errors.ts'
import { nearestWord } from '../../interface/nearest-word.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { type CheckedParamsOf, METHODS, type MethodName, type ResultOf } from './schema.ts'

/** What belongs to a connection, and not to the node. */
export type ConnectionMethod = 'authenticate' | 'subscribe' | 'unsubscribe'

export type Handler<M extends MethodName> = (
  params: CheckedParamsOf<M>,
  options: AbortOptions
) => ResultOf<M> | Promise<ResultOf<M>>

/** What a node answers with. */
export type NodeHandlers = { readonly [M in Exclude<MethodName, ConnectionMethod | 'methods'>]: Handler<M> }
export type ConnectionHandlers = { readonly [M in ConnectionMethod]: Handler<M> }

/** Checks what is asked for, and asks the handler. Rejects with ERR_CONTROL_METHOD, ERR_CONTROL_PARAMS, or as that does. */
export type Dispatch = (method: string, params: unknown, options: AbortOptions) => Promise<unknown>

export function createDispatch(handlers: NodeHandlers & ConnectionHandlers): Dispatch {
  const all: Readonly<{ [M in MethodName]: Handler<M> }> = { ...handlers, methods: listMethods }

  return async (method, params, options) => {
    if (!isMethod(method)) throw unknownMethod(method)

    const handler = all[method] as (params: unknown, options: AbortOptions) => unknown

    return handler(checkParams(method, params), options)
  }
}

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name)
}

/** @throws {CodedError} ERR_CONTROL_PARAMS */
export function checkParams<M extends MethodName>(method: M, params: unknown): CheckedParamsOf<M> {
  const checked = METHODS[method].params.safeParse(params)
  if (!checked.success) throw new CodedError('ERR_CONTROL_PARAMS', describe(method, checked.error))

  return checked.data as CheckedParamsOf<M>
}

function listMethods(): ResultOf<'methods'> {
  return Object.entries(METHODS).map(([name, { access, summary }]) => ({ name, access, summary }))
}

function unknownMethod(method: string): CodedError {
  const meant = nearestWord(method, Object.keys(METHODS))
  const hint = meant === undefined ? '"methods" lists them' : `did you mean "${meant}"?`

  return new CodedError('ERR_CONTROL_METHOD', `no such method: ${hint}`)
}

function describe(method: MethodName, { issues }: z.ZodError): string {
  const [issue] = issues
  const path = issue?.path.map(String).join('.') ?? ''

  return `${method}${path === '' ? '' : `, ${path}`}: ${issue?.message ?? 'wrong params'}`
}
