import type { Command, CommanderError } from 'commander'
import { InvalidConfigError } from '../interface/errors.ts'
import { nearestWord } from '../interface/nearest-word.ts'

/** What the parser of the command line objects to, in one line that says what to do. */
export function usageError(command: Command, { code, message }: CommanderError): InvalidConfigError {
  const text = message.replace(/^error: /, '')
  const describe = DESCRIBE[code]

  return new InvalidConfigError(describe?.(text, command) ?? `${pathOf(command)}: ${text.split('\n')[0]}`)
}

type Describe = (text: string, command: Command) => string | undefined

const DESCRIBE: Readonly<Record<string, Describe>> = {
  'commander.unknownOption': (text, command) => {
    const [, flag] = /^unknown option '(.+)'/s.exec(text) ?? []
    if (flag === undefined) return undefined
    const [name = flag] = flag.split('=', 1)
    const known = command.createHelp().visibleOptions(command)
    const flags = [...known.map(({ long }) => long), '--debug'].filter((long) => typeof long === 'string')

    return `${name}: ${pathOf(command)} has no such flag; ${hint(name, flags, command)}`
  },
  'commander.unknownCommand': (text, command) => {
    const [, name] = /^unknown command '(.+)'/s.exec(text) ?? []
    if (name === undefined) return undefined
    if (/\.(ya?ml|json)$/.test(name)) return `${name}: no command; did you mean starling node ${name}?`
    const names = command.commands.map((each) => each.name())

    return `${name}: there is no such command; ${hint(name, names, command)}`
  },
  'commander.missingArgument': (text, command) => {
    const [, name] = /^missing required argument '(.+)'/.exec(text) ?? []

    return name === undefined
      ? undefined
      : `${pathOf(command)}: <${name}> is missing; ${helpOf(command)} says what it is`
  },
  'commander.optionMissingArgument': (text) => {
    const [, flag] = /^option '(.+)' argument missing/.exec(text) ?? []

    return flag === undefined ? undefined : `${flag}: its value is missing`
  },
  'commander.invalidArgument': (text) => {
    const [, flag, value, expected] =
      /^option '(?:-\w, )?(--\S+).*?' argument '(.*)' is invalid\. (.+)$/s.exec(text) ?? []
    if (expected === undefined) return undefined

    return `${flag} ${value}: ${expected.charAt(0).toLowerCase()}${expected.slice(1).replace(/\.$/, '')}`
  },
  'commander.excessArguments': (text, command) => {
    const [, expected, given] = /Expected (\d+) arguments? but got (.+)\.$/s.exec(text) ?? []

    return given === undefined
      ? undefined
      : `${pathOf(command)}: too many arguments: expected ${expected}, got ${given}; ${helpOf(command)} says which`
  }
}

function hint(word: string, words: readonly string[], command: Command): string {
  const meant = nearestWord(word, words)

  return meant === undefined ? `${helpOf(command)} lists them` : `did you mean ${meant}?`
}

/** `starling node`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function helpOf(command: Command): string {
  return `"${pathOf(command)} --help"`
}
