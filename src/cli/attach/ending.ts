import { CodedError } from '../../interface/errors.ts'
import type { Unsubscribe } from '../../interface/network.ts'
import type { NodeEvent } from '../../node/events.ts'
import { formatBytes } from '../format.ts'
import { counted } from '../tables/values.ts'
import type { Control } from './control.ts'

type Stopped = Extract<NodeEvent, { event: 'node:stopped' }>

/** How a node ended that somebody was attached to. */
export interface Ending {
  readonly text: string
  /** Undefined when it ended as it should: its budget was spent, or it was told to stop. */
  readonly failure: CodedError | undefined
}

/**
 * Listens for the goodbye of a node, so that its end can be told from its death.
 *
 * @returns `ended` resolves when the connection is no more; `leave` ends the listening
 */
export async function followEnding(control: Control): Promise<{ ended: Promise<Ending>; leave: Unsubscribe }> {
  let goodbye: Stopped | undefined
  const leave = await control.subscribe(
    ['node:stopped'],
    ({ event }) => {
      if (event.event === 'node:stopped') goodbye = event
    },
    () => undefined
  )

  return { ended: control.closed.then((reason) => endingOf(goodbye, reason)), leave }
}

function endingOf(goodbye: Stopped | undefined, reason: CodedError): Ending {
  if (goodbye === undefined) {
    const text = `${reason.message}; it said no goodbye: killed, or crashed, which its log would tell`

    return { text, failure: new CodedError('ERR_CONTROL_CLOSED', text) }
  }
  const text = `the node has stopped: ${describeGoodbye(goodbye)}`

  return { text, failure: goodbye.reason === 'failed' ? new CodedError('ERR_CONTROL_CLOSED', text) : undefined }
}

function describeGoodbye({ reason, rounds, steps, bytes }: Stopped): string {
  const why = {
    finished: 'its work is done',
    signal: 'it was told to',
    failed: 'it failed, and its log says why'
  }[reason]

  return `${why}, after ${counted(rounds, 'round')} and ${counted(steps, 'step')}; sent ${formatBytes(bytes.sent)}`
}
