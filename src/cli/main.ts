import * as nodeModule from 'node:module'
import { Command, CommanderError } from 'commander'
import { starlingVersion } from '../node/versions.ts'
import { attachedCommands } from './commands/attached.ts'
import { eventsCommand } from './commands/events.ts'
import { loadCommands } from './commands/loaders.ts'
import { replCommand } from './commands/repl.ts'
import { describeError } from './describe-error.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { usageError } from './usage-error.ts'

/** The command line, or as much of it as these arguments need; without any, all of it. */
export async function program(args: readonly string[] = []): Promise<Command> {
  const root = new Command('starling')
    .description('A peer-to-peer learning node: no server, no coordinator.')
    .version(starlingVersion())
    .option('--debug', 'print the stack of an error')
  const ofRunningNodes = [replCommand(), eventsCommand(), ...attachedCommands()]
  const word = args.find((arg) => !arg.startsWith('-'))
  const needsNoOther = ofRunningNodes.some((command) => command.name() === word) || isVersion(args[0])
  const others = needsNoOther ? [] : await loadCommands(word)
  for (const command of [...others, ...ofRunningNodes]) root.addCommand(command)
  for (const command of [root, ...root.commands]) reportMistakes(command)

  return root
}

function isVersion(arg: string | undefined): boolean {
  return arg === '--version' || arg === '-V'
}

/** As errors like any other, printed once and by {@link main}. */
function reportMistakes(command: Command): void {
  command.configureOutput({ outputError: () => undefined }).exitOverride((error) => {
    // --help and --version end here too
    throw error.exitCode === 0 || error.code === 'commander.help' ? error : usageError(command, error)
  })
}

/**
 * Runs one command line. Errors become a line for each problem on standard error, and an exit
 * code of `docs/ERRORS.md`; a stack only with --debug.
 *
 * @param args - without the program's name
 */
export async function main(args: readonly string[]): Promise<number> {
  // written now and not at exit: the nodes of a swarm start next
  nodeModule.flushCompileCache?.()
  try {
    const root = await program(args)
    await root.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' })

    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    process.stderr.write(`${describeError(error, { debug: args.includes('--debug') })}\n`)

    return exitCodeOf(error)
  }
}
