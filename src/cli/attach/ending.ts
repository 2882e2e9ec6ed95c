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
 * Listens for the goodbye of a node, so that its end can be told from its death. The goodbye comes before the stop, which
 * can take a while: only a node that has come to its end says that it has stopped.
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
  const hasStopped = reason.code === 'ERR_CONTROL_STOPPED'
  if (goodbye === undefined) {
    return failed(
      hasStopped
        ? 'the node has stopped before it took part, and its log says why'
        : `${reason.message}; it said no goodbye: killed, or crashed, which its log would tell`
    )
  }
  if (!hasStopped) {
    return failed(
      `${reason.message} in the middle of its stop, after its goodbye: killed, or it took longer than --stop-seconds, ` +
        'which its log would tell; what was checkpointed before is safe'
    )
  }
  const text = `the node has stopped: ${describeGoodbye(goodbye)}`

  return goodbye.reason === 'failed' ? failed(text) : { text, failure: undefined }
}

function failed(text: string): Ending {
  return { text, failure: new CodedError('ERR_CONTROL_CLOSED', text) }
}

function describeGoodbye({ reason, rounds, steps, bytes }: Stopped): string {
  const why = {
    finished: 'its work is done',
    signal: 'it was told to',
    failed: 'it failed, and its log says why'
  }[reason]

  return `${why}, after ${counted(rounds, 'round')} and ${counted(steps, 'step')}; sent ${formatBytes(bytes.sent)}`
}
