import { Argument, Command } from 'commander'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { type CompletedCommand, completedCommands } from '../completion/tree.ts'
import { zshCompletion } from '../completion/zsh.ts'

type Shell = keyof typeof SCRIPTS

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } satisfies Record<
  string,
  (commands: readonly CompletedCommand[]) => string
>

export function completionCommand(): Command {
  return new Command('completion')
    .description('print what makes Tab complete commands, flags and their values in a shell')
    .addArgument(new Argument('<shell>', 'which').choices(Object.keys(SCRIPTS)))
    .action((shell: Shell, _flags: unknown, command: Command) => {
      process.stdout.write(SCRIPTS[shell](completedCommands(command.parent ?? command)))
    })
}
