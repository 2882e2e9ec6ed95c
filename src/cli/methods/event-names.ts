import { CodedError } from '../../interface/errors.ts'
import { nearestWord } from '../../interface/nearest-word.ts'
import { NODE_EVENTS, type NodeEvent } from '../../node/events.ts'

/** A name as it was written, if it is an event's. @throws {CodedError} ERR_CONTROL_PARAMS */
export function checkedName(name: unknown): NodeEvent['event'] {
  const known: readonly string[] = NODE_EVENTS
  if (typeof name === 'string' && known.includes(name)) return name as NodeEvent['event']

  const meant = typeof name === 'string' ? nearestWord(name, known) : undefined
  const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean "${meant}"?`
  throw new CodedError('ERR_CONTROL_PARAMS', `no event is called ${JSON.stringify(name)}: ${hint}`)
}
