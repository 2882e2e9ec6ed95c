import type { Argument, Command, Option } from 'commander'

/** What may stand for a value. */
export type Values =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'anything' }

export interface CompletedOption {
  /** `--json`, `-h`. */
  readonly names: readonly string[]
  readonly description: string
  /** Absent for a switch. */
  readonly values: Values | undefined
}

/** One command, as shells need to know it. */
export interface CompletedCommand {
  /** Empty for the program itself, `node` for a command of it, and so on down. */
  readonly path: readonly string[]
  readonly description: string
  readonly options: readonly CompletedOption[]
  readonly arguments: readonly { readonly name: string; readonly values: Values; readonly isRepeated: boolean }[]
}

/** A program and all that is below it, from the same definitions that parse the command line. */
export function completedCommands(command: Command, path: readonly string[] = []): CompletedCommand[] {
  const here: CompletedCommand = {
    path,
    description: command.description(),
    options: command.createHelp().visibleOptions(command).map(toOption),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      values: valuesOf(argument),
      isRepeated: argument.variadic
    }))
  }

  return [here, ...command.commands.flatMap((child) => completedCommands(child, [...path, child.name()]))]
}

/** Commands right below one, with what they are for. */
export function childrenOf(commands: readonly CompletedCommand[], path: readonly string[]): CompletedCommand[] {
  return commands.filter(
    (each) => each.path.length === path.length + 1 && path.every((name, i) => each.path[i] === name)
  )
}

function toOption(option: Option): CompletedOption {
  const names = [option.long, option.short].filter((name) => name != null)

  return {
    names,
    description: option.description,
    values: option.required || option.optional ? valuesOf(option) : undefined
  }
}

/** By the choices, or the word that stands for the value in the help. */
function valuesOf(from: Option | Argument): Values {
  if (from.argChoices !== undefined) return { kind: 'choices', choices: from.argChoices }
  const word = 'flags' in from ? (/[<[]([^>\]]+)[>\]]/.exec(from.flags)?.[1] ?? '') : from.name()
  if (/^(dir|folder)$/.test(word)) return { kind: 'folder' }

  return { kind: /^(file|path)$|\.(yaml|json|onnx|safetensors)$/.test(word) ? 'file' : 'anything' }
}
