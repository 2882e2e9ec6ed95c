import type { MethodName, ParamsOf, ResultOf } from '../../node/control/schema.ts'
import type { CallOptions, Control } from '../attach/control.ts'
import { drawResult } from '../tables/draw.ts'
import { waitText } from '../tables/learning.ts'

/** What a node said. */
export interface Answer<M extends MethodName = MethodName> {
  readonly method: M
  readonly result: ResultOf<M>
  /** Open waits, where they explain the result. */
  readonly because: ResultOf<'why'>
}

/** These are done at the next rest of the training, which may be a long round away; these fetch models. */
const AT_REST_MS = 15 * 60_000
const TRANSFER_MS = 5 * 60_000
const TIMEOUTS: Partial<Record<MethodName, number>> = {
  evaluate: AT_REST_MS,
  checkpoint: AT_REST_MS,
  compare: TRANSFER_MS,
  dial: TRANSFER_MS
}

/** Asks a node, and why where there is nothing to show; rejects as the call does. */
export async function ask<M extends MethodName>(
  control: Control,
  method: M,
  params: ParamsOf<M>,
  options: CallOptions = {}
): Promise<Answer<M>> {
  const timeoutMs = TIMEOUTS[method]
  const result = await control.call(method, params, timeoutMs === undefined ? options : { ...options, timeoutMs })
  const isAlone = method === 'peers' && Array.isArray(result) && result.length === 0

  return { method, result, because: isAlone ? await control.call('why', {}, options) : [] }
}

/** For a person. */
export function answerText<M extends MethodName>({ method, result, because }: Answer<M>): string {
  return [drawResult(method, result), ...because.map((wait) => `why: ${waitText(wait)}`)].join('\n')
}
