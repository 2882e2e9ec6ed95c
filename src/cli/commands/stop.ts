import { Command } from 'commander'
import { WaitRegister } from '../../interface/waits.ts'
import { METHODS } from '../../node/control/schema.ts'
import { systemClock } from '../../node/system-clock.ts'
import { attached, withTarget } from '../attach/attach.ts'
import type { Control } from '../attach/control.ts'
import { followEnding } from '../attach/ending.ts'
import { ACT_GROUP } from '../attach/help-groups.ts'
import type { Target } from '../attach/running.ts'

interface StopFlags extends Target {
  json?: boolean
  wait: boolean
}

/** Beyond what the node gives itself to stop: it is told to, ends itself, and its process goes. */
const MARGIN_MS = 30_000
/** For a node that does not say how long it gives itself. */
const DEFAULT_STOP_SECONDS = 300

export function stopCommand(): Command {
  const command = new Command('stop').description(METHODS.stop.summary).helpGroup(ACT_GROUP)

  return withTarget(command)
    .option('--no-wait', 'do not wait for its end')
    .option('--json', 'print the answer as JSON')
    .action(runStop)
}

/** Rejects with ERR_CONTROL_CLOSED when the node ended badly, ERR_WAIT_TIMEOUT when it does not end. */
async function runStop({ json = false, wait, ...target }: StopFlags): Promise<void> {
  await attached(target, async (control) => {
    const { ended } = await followEnding(control)
    const timeoutMs = wait ? await longestStopMs(control) : 0
    const answer = await control.call('stop', {})
    if (json) process.stdout.write(`${JSON.stringify(answer)}\n`)
    if (!wait) return

    const spec = { kind: 'stop', what: 'the node to end', from: [], timeoutMs } as const
    const { text, failure } = await new WaitRegister({ clock: systemClock }).run(spec, () => ended)
    if (failure !== undefined) throw failure
    if (!json) process.stdout.write(`${text}\n`)
  })
}

/** By the node's own `--stop-seconds`. */
async function longestStopMs(control: Control): Promise<number> {
  const settings = await control.call('config', {})
  const seconds = Number(settings.find(({ key }) => key === 'stopSeconds')?.value || DEFAULT_STOP_SECONDS)

  return 1000 * seconds + MARGIN_MS
}
