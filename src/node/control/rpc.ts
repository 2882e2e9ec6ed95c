import { CodedError, type ErrorDetails } from '../../interface/errors.ts'

/** JSON-RPC 2.0: what goes over the line. Source: https://www.jsonrpc.org/specification. */

export type RpcId = string | number | null

export interface RpcRequest {
  /** Undefined: a notification, which nobody answers. */
  readonly id: RpcId | undefined
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface RpcErrorObject {
  readonly code: number
  readonly message: string
  /** Ours: branch on this `code`. */
  readonly data: { readonly code: string; readonly details: ErrorDetails }
}

export type RpcAnswer =
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly error: RpcErrorObject }

/** A request, or why it is none. */
export type Received = RpcRequest | { readonly id: RpcId; readonly error: CodedError }

/** Numbers that the specification gives these errors; all others share one that it leaves to us. */
const NUMBERS: Readonly<Record<string, number>> = {
  ERR_CONTROL_PARSE: -32700,
  ERR_CONTROL_REQUEST: -32600,
  ERR_CONTROL_METHOD: -32601,
  ERR_CONTROL_PARAMS: -32602,
  ERR_CONTROL_INTERNAL: -32603
}
const OTHER_NUMBER = -32000
/** Longer ones are no ids, and come back in every answer. */
const MAX_ID_CHARS = 128
const MAX_BATCH = 64

/**
 * What a line from a client asks for. A batch is a list.
 *
 * @throws {CodedError} ERR_CONTROL_PARSE; ERR_CONTROL_REQUEST for a batch that is empty or too long
 */
export function decodeLine(line: Uint8Array): Received | Received[] {
  let message: unknown
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line))
  } catch (cause) {
    throw new CodedError('ERR_CONTROL_PARSE', 'a line that is not JSON in UTF-8', {}, { cause })
  }
  if (!Array.isArray(message)) return decodeRequest(message)
  if (message.length === 0 || message.length > MAX_BATCH) {
    throw new CodedError('ERR_CONTROL_REQUEST', `a batch has 1 to ${MAX_BATCH} requests`)
  }

  return message.map(decodeRequest)
}

function decodeRequest(message: unknown): Received {
  if (!isRecord(message)) return refused(null, 'a request is an object')

  const { jsonrpc, id, method, params = {} } = message
  if (id !== undefined && !isId(id)) return refused(null, `id must be a string of at most ${MAX_ID_CHARS}, or a number`)
  const known = id ?? null
  if (jsonrpc !== '2.0') return refused(known, 'jsonrpc must be "2.0"')
  if (typeof method !== 'string') return refused(known, 'method must be a string')
  if (Array.isArray(params)) return { id: known, error: byPosition() }
  if (!isRecord(params)) return refused(known, 'params must be an object')

  return { id, method, params }
}

export function answerOf(id: RpcId, result: unknown): RpcAnswer {
  return { jsonrpc: '2.0', id, result }
}

/** What a client is told of a failure; of one that nobody foresaw, its message. */
export function errorAnswer(id: RpcId, error: unknown): RpcAnswer {
  return { jsonrpc: '2.0', id, error: errorObject(error) }
}

function errorObject(error: unknown): RpcErrorObject {
  if (error instanceof CodedError) {
    const { code, message, details } = error

    return { code: NUMBERS[code] ?? OTHER_NUMBER, message, data: { code, details } }
  }
  const message = `unexpected: ${error instanceof Error ? error.message : String(error)}`

  return { code: NUMBERS['ERR_CONTROL_INTERNAL']!, message, data: { code: 'ERR_CONTROL_INTERNAL', details: {} } }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(id: unknown): id is RpcId {
  return id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_CHARS)
}

function refused(id: RpcId, why: string): Received {
  return { id, error: new CodedError('ERR_CONTROL_REQUEST', why) }
}

function byPosition(): CodedError {
  return new CodedError('ERR_CONTROL_PARAMS', 'params are named: an object, not a list')
}
