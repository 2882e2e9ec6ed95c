import { Command } from 'commander'
import { WaitRegister } from '../../interface/waits.ts'
import { METHODS } from '../../node/control/schema.ts'
import { systemClock } from '../../node/system-clock.ts'
import { attached, withTarget } from '../attach/attach.ts'
import { followEnding } from '../attach/ending.ts'
import { ACT_GROUP } from '../attach/help-groups.ts'
import type { Target } from '../attach/running.ts'

interface StopFlags extends Target {
  json?: boolean
  wait: boolean
}

/** Longer than a node takes at most to stop, by its own settings. */
const STOP_MS = 5 * 60_000

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
    const answer = await control.call('stop', {})
    if (json) process.stdout.write(`${JSON.stringify(answer)}\n`)
    if (!wait) return

    const spec = { kind: 'stop', what: 'the node to end', from: [], timeoutMs: STOP_MS } as const
    const { text, failure } = await new WaitRegister({ clock: systemClock }).run(spec, () => ended)
    if (failure !== undefined) throw failure
    if (!json) process.stdout.write(`${text}\n`)
  })
}
