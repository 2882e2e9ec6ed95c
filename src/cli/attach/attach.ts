import type { Command } from 'commander'
import { chooseOn } from './choose.ts'
import { type Control, connectTo } from './control.ts'
import { findNode, type Target } from './running.ts'

/** Options of every command that talks to a running node. */
export function withTarget(command: Command): Command {
  return command
    .option('--socket <path>', "the node's control socket")
    .option(
      '--data-dir <dir>',
      "the node's data directory, or STARLING_DATA_DIR; needed only when several nodes run here"
    )
}

/** Rejects with ERR_CONTROL_UNREACHABLE, ERR_CONTROL_SEVERAL, ERR_CONTROL_TOKEN, ERR_CONTROL_BUSY. */
export async function attach(target: Target): Promise<Control> {
  const choose = chooseOn({ input: process.stdin, output: process.stderr })

  return connectTo(await findNode(target, process.env, choose))
}

/** Talks to a node and hangs up, whatever happens. */
export async function attached<T>(target: Target, work: (control: Control) => Promise<T>): Promise<T> {
  const control = await attach(target)
  try {
    return await work(control)
  } finally {
    await control.close()
  }
}
