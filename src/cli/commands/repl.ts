import { Command } from 'commander'
import { attach, withTarget } from '../attach/attach.ts'
import type { Control } from '../attach/control.ts'
import { followEnding } from '../attach/ending.ts'
import { READ_GROUP } from '../attach/help-groups.ts'
import type { Target } from '../attach/running.ts'
import { collect } from '../numbers.ts'
import { greeting, promptText } from '../repl/greeting.ts'
import { History, historyPath } from '../repl/history.ts'
import { Prompt } from '../repl/prompt.ts'
import { evaluateAll, evaluateLines } from '../repl/script.ts'

interface ReplFlags extends Target {
  write?: boolean
  eval?: string[]
  json?: boolean
}

export function replCommand(): Command {
  const command = new Command('repl').description('a JavaScript prompt with the node at hand').helpGroup(READ_GROUP)

  return withTarget(command)
    .option('--write', 'allow what changes the node: pause, ban, stop and the like')
    .option(
      '--eval <code>',
      'print what this comes to, and leave (may be repeated)',
      (text: string, before?: string[]) => collect(text, before ?? [])
    )
    .option('--json', 'with --eval, or lines from a pipe: print JSON')
    .action(runRepl)
}

async function runRepl({ write = false, eval: codes, json = false, ...target }: ReplFlags): Promise<void> {
  const control = await attach(target)
  const script = { control, canWrite: write, json, output: process.stdout }
  try {
    if (codes !== undefined) await evaluateAll(codes, script)
    else if (process.stdin.isTTY && process.stdout.isTTY) await prompt(control, write)
    else await evaluateLines(process.stdin, script)
  } finally {
    await control.close()
  }
}

async function prompt(control: Control, canWrite: boolean): Promise<void> {
  const status = await control.call('status', {})
  const { ended } = await followEnding(control)
  process.stdout.write(`${greeting(status, { canWrite })}\n`)
  const shown = new Prompt({
    control,
    self: status.peer,
    prompt: promptText(status, { canWrite }),
    canWrite,
    history: new History(historyPath()),
    input: process.stdin,
    output: process.stdout,
    colors: process.stdout.hasColors()
  })
  const ending = await Promise.race([shown.run(), ended])
  if (ending !== undefined) shown.end()
  if (ending?.failure !== undefined) throw ending.failure
  process.stdout.write(`${ending?.text ?? 'detached; the node goes on'}\n`)
}
