import { type CompletedCommand, type CompletedOption, childrenOf, type Values } from './tree.ts'

/** For fish: one line for each thing that it may offer, and when. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# starling completion fish > ~/.config/fish/completions/starling.fish
complete -c starling -f
${commands.flatMap((command) => linesOf(commands, command)).join('\n')}
`
}

function linesOf(commands: readonly CompletedCommand[], command: CompletedCommand): string[] {
  const children = childrenOf(commands, command.path)
  const when = condition(command.path, children)
  const below = children.map(
    ({ path, description }) => `complete -c starling ${when} -a ${path.at(-1)} -d ${quoted(description)}`
  )
  const values = new Set(
    command.arguments.map((argument) => valuesFlags(argument.values)).filter((flags) => flags !== '')
  )

  return [
    ...below,
    ...command.options.map((option) => `complete -c starling ${when} ${optionFlags(option)}`),
    ...Array.from(values, (flags) => `complete -c starling ${when} ${flags}`)
  ]
}

/** All commands on the way have been typed, and none below. */
function condition(path: readonly string[], children: readonly CompletedCommand[]): string {
  const seen = path.map((part) => `__fish_seen_subcommand_from ${part}`)
  const names = children.map((child) => child.path.at(-1)!)
  const notYet = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(' ')}`]

  return `-n ${quoted([...seen, ...notYet].join('; and '))}`
}

function optionFlags({ names, description, values }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const value = values === undefined ? [] : [needsValue(values), valuesFlags(values)].filter((flag) => flag !== '')

  return [...flags, ...value, '-d', quoted(description)].join(' ')
}

/** `-x`: and no file fits there. */
function needsValue({ kind }: Values): string {
  return kind === 'file' ? '-r' : '-x'
}

function valuesFlags(values: Values): string {
  if (values.kind === 'choices') return `-a ${quoted(values.choices.join(' '))}`
  if (values.kind === 'folder') return "-a '(__fish_complete_directories)'"

  return values.kind === 'file' ? '-F' : ''
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replace(/\s+/g, ' ')}'`
}
