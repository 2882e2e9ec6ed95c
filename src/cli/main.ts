import * as nodeModule from 'node:module'
import { Command, CommanderError } from 'commander'
import { CodedError } from '../interface/errors.ts'
import { starlingVersion } from '../node/versions.ts'
import { doctorCommand } from './commands/doctor.ts'
import { nodeCommand } from './commands/node.ts'
import { simCommand } from './commands/sim.ts'
import { swarmCommand } from './commands/swarm.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'

function program(): Command {
  const root = new Command('starling')
    .description('A peer-to-peer learning node: no server, no coordinator.')
    .version(starlingVersion())
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError('(starling --help lists the commands)')
    .showSuggestionAfterError()
    .exitOverride()
  for (const command of [nodeCommand(), swarmCommand(), simCommand(), doctorCommand()]) {
    root.addCommand(command.exitOverride().showHelpAfterError(false).showSuggestionAfterError())
  }

  return root
}

/**
 * Runs one command line. Errors become one line on standard error and an exit
 * code of `docs/ERRORS.md`; a stack only with --debug.
 *
 * @param args - without the program's name
 */
export async function main(args: readonly string[]): Promise<number> {
  // written now and not at exit: the nodes of a swarm start next
  nodeModule.flushCompileCache?.()
  try {
    const root = program()
    await root.parseAsync([...args], { from: 'user' })

    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok
  } catch (error) {
    // commander has printed what was wrong; --help and --version end here too
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    process.stderr.write(`${describe(error, args.includes('--debug'))}\n`)

    return exitCodeOf(error)
  }
}

function describe(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? error.message
  if (error instanceof CodedError) return `${error.message} [${error.code}]`

  return `unexpected: ${error instanceof Error ? error.message : String(error)} (--debug prints where)`
}
