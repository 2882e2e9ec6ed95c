import { InvalidConfigError } from '../interface/errors.ts'
import { nearestWord } from '../interface/nearest-word.ts'

/** `crash`: gone without a word. `leave`: says goodbye. `join`: was not there before. `rejoin`: crashes, and comes back. */
export type ChurnAction = 'crash' | 'leave' | 'join' | 'rejoin'

/** What a trace may order: here `rejoin` is the coming back alone. */
export interface ChurnOrder {
  seconds: number
  action: ChurnAction
  /** Index of the node, from 0. */
  node: number
}

export type ChurnSpec =
  /** So many of the nodes, each at a moment of its own, drawn over the run's progress. */
  | { kind: 'fraction'; action: ChurnAction; fraction: number }
  /** `count` nodes at a time, `times` times, every `everySeconds`, the first time at `fromSeconds`. */
  | {
      kind: 'waves'
      action: Exclude<ChurnAction, 'rejoin'>
      count: number
      everySeconds: number
      times: number
      fromSeconds: number
    }
  | { kind: 'trace'; orders: readonly ChurnOrder[] }

export const CHURN_ACTIONS: readonly ChurnAction[] = Object.freeze(['crash', 'leave', 'join', 'rejoin'])
const FORMS = 'crash:0.2, leave:0.1, join:0.3, rejoin:0.2, crash:5/60s*16+300s or trace:FILE, separated by commas'
/** No simulation has more nodes, or a spec more orders. */
const MAX_COUNT = 100_000
const FRACTION = /^(?:0|0?\.\d+|1|1\.0+|0\.\d+)$/
const WAVES = /^(\d{1,6})\/(\d{1,6}(?:\.\d+)?)s\*(\d{1,6})(?:\+(\d{1,9}(?:\.\d+)?)s?)?$/

/**
 * @param traceText - what is in the file of `trace:FILE`
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, with what is wrong
 */
export function parseChurn(text: string, traceText?: string): ChurnSpec[] {
  return text.split(',').map((part) => parsePart(part.trim(), traceText))
}

/** The file that a `trace:FILE` among the parts names, if any: read it, and hand {@link parseChurn} its text. */
export function churnFile(text: string): string | undefined {
  for (const part of text.split(',')) {
    const file = /^trace:(.+)$/.exec(part.trim())?.[1]
    if (file !== undefined) return file
  }

  return undefined
}

function parsePart(part: string, traceText: string | undefined): ChurnSpec {
  const [, action = '', value = ''] = /^([^:]*):(.*)$/.exec(part) ?? []
  if (action === 'trace') {
    if (traceText === undefined) throw new InvalidConfigError(`churn "${part}": the trace could not be read`)
    return { kind: 'trace', orders: parseChurnTrace(traceText, value) }
  }
  if (!isAction(action)) throw unknownAction(part, action)
  if (FRACTION.test(value)) return { kind: 'fraction', action, fraction: Number(value) }
  if (/^-?[\d.]+%?$/.test(value)) {
    throw new InvalidConfigError(`churn "${part}": "${value}" is not a fraction from 0 to 1`)
  }

  return parseWaves(part, action, value)
}

function parseWaves(part: string, action: ChurnAction, value: string): ChurnSpec {
  const match = WAVES.exec(value)
  if (match === null) throw new InvalidConfigError(`churn "${part}": expected ${FORMS}`)
  if (action === 'rejoin') {
    throw new InvalidConfigError(`churn "${part}": rejoin takes a fraction; nobody knows when these would come back`)
  }

  const [count, everySeconds, times, fromSeconds] = match.slice(1).map((digits) => Number(digits ?? 0))
  if (count! < 1 || times! < 1 || count! * times! > MAX_COUNT) {
    throw new InvalidConfigError(`churn "${part}": expected from 1 to ${MAX_COUNT} nodes in all`)
  }
  if (everySeconds === 0 && times! > 1) {
    throw new InvalidConfigError(`churn "${part}": ${times} times every 0 seconds is once`)
  }

  return {
    kind: 'waves',
    action,
    count: count!,
    everySeconds: everySeconds!,
    times: times!,
    fromSeconds: fromSeconds!
  }
}

/**
 * Lines `seconds action node`; `#` starts a comment.
 *
 * @param name - of the file, for messages
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, with the line
 */
export function parseChurnTrace(text: string, name = 'the churn trace'): ChurnOrder[] {
  const orders: ChurnOrder[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/)
    if (words[0] === '') continue
    const where = `${name}, line ${index + 1}`
    const [seconds = '', action = '', node = '', ...more] = words
    if (!isAction(action)) throw unknownAction(where, action)
    if (!/^\d{1,9}(\.\d+)?$/.test(seconds) || !/^\d{1,6}$/.test(node) || more.length > 0) {
      throw new InvalidConfigError(`${where}: expected "seconds action node", such as "12.5 crash 3"`)
    }
    orders.push({ seconds: Number(seconds), action, node: Number(node) })
  }

  return orders.sort((a, b) => a.seconds - b.seconds)
}

function isAction(text: string): text is ChurnAction {
  return CHURN_ACTIONS.some((action) => action === text)
}

function unknownAction(where: string, action: string): InvalidConfigError {
  const meant = nearestWord(action, [...CHURN_ACTIONS, 'trace'])
  const hint = meant === undefined ? `expected ${FORMS}` : `did you mean "${meant}"?`

  return new InvalidConfigError(`churn "${where}": unknown action "${action}": ${hint}`)
}
