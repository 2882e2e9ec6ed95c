import { Argument, Command } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { NODE_EVENTS, type NodeEvent } from '../../node/events.ts'
import { attached, withTarget } from '../attach/attach.ts'
import type { Control, StreamedEvent } from '../attach/control.ts'
import { followEnding } from '../attach/ending.ts'
import { READ_GROUP } from '../attach/help-groups.ts'
import type { Target } from '../attach/running.ts'
import { checkedName } from '../methods/event-names.ts'
import { wholeNumber } from '../numbers.ts'
import { stopOnSignals } from '../stop.ts'
import { eventLine } from '../tables/event-line.ts'

interface EventsFlags extends Target {
  follow?: boolean
  count?: number
  json?: boolean
}

export function eventsCommand(): Command {
  const command = new Command('events')
    .description('what happens, as it happens; without --follow, the names of events')
    .helpGroup(READ_GROUP)
    .addArgument(eventNames())
    .option('--follow', 'print events until Ctrl-C or the end of the node')
    .option('--count <n>', 'with --follow: only so many', wholeNumber(1, Number.MAX_SAFE_INTEGER))

  return withTarget(command).option('--json', 'print each as a line of JSON').action(runEvents)
}

/** Named for completion; a wrong one is answered with the nearest, and not with all of them. */
function eventNames(): Argument {
  const names = new Argument('[names...]', 'only these events')
  names.argChoices = [...NODE_EVENTS]

  return names
}

async function runEvents(given: readonly string[], flags: EventsFlags): Promise<void> {
  const names = given.map(checkedName)
  if (flags.follow === true) return attached(flags, (control) => follow(control, names, flags))
  if (flags.count !== undefined) throw new InvalidConfigError('--count goes with --follow only')

  const known = names.length === 0 ? NODE_EVENTS : names
  process.stdout.write(flags.json === true ? `${JSON.stringify(known)}\n` : `${known.join('\n')}\n`)
}

/** Until somebody presses Ctrl-C, nobody reads any more, there were enough, or the node is gone. */
async function follow(
  control: Control,
  names: readonly NodeEvent['event'][],
  { json, count = Infinity }: EventsFlags
): Promise<void> {
  const stop = stopOnSignals({ onForce: () => undefined, onStdinEnd: false })
  const enough = Promise.withResolvers<void>()
  let left = count
  const print = (event: StreamedEvent): void => {
    if (left-- > 0) process.stdout.write(`${json === true ? JSON.stringify(event) : eventLine(event)}\n`)
    if (left <= 0) enough.resolve()
  }
  stop.signal.addEventListener('abort', () => enough.resolve(), { once: true })
  try {
    const { ended } = await followEnding(control)
    await control.subscribe(names, print, (dropped) =>
      process.stderr.write(`${dropped} events left out: read faster\n`)
    )
    const ending = await Promise.race([enough.promise, ended])
    if (ending?.failure !== undefined) throw ending.failure
    if (ending !== undefined) process.stderr.write(`${ending.text}\n`)
  } finally {
    stop.release()
  }
}
