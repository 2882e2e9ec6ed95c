import { type CompletedCommand, type CompletedOption, childrenOf, type Values } from './tree.ts'

/** For zsh, by way of its own `_arguments` and `_describe`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef starling
# starling completion zsh > "\${fpath[1]}/_starling"

${commands.map((command) => commandFunction(commands, command)).join('\n\n')}

if [ "$funcstack[1]" = "_starling" ]; then
  _starling "$@"
else
  compdef _starling starling
fi
`
}

function commandFunction(commands: readonly CompletedCommand[], command: CompletedCommand): string {
  const children = childrenOf(commands, command.path)
  const specs = [...command.options.flatMap(optionSpecs), ...(children.length > 0 ? BELOW : argumentSpecs(command))]
  const lines = [
    `${functionName(command.path)}() {`,
    '  local curcontext="$curcontext" state line',
    '  local -a below',
    '  typeset -A opt_args'
  ]
  lines.push(`  _arguments -C ${specs.join(' \\\n    ')}`)
  if (children.length > 0) lines.push(...dispatch(children))

  return [...lines, '}'].join('\n')
}

const BELOW = ["'1: :->command'", "'*:: :->rest'"]

function dispatch(children: readonly CompletedCommand[]): string[] {
  return [
    '  case $state in',
    '    command)',
    '      below=(',
    ...children.map(({ path, description }) => `        ${quoted(`${path.at(-1)}:${oneLine(description)}`)}`),
    '      )',
    "      _describe 'command' below ;;",
    '    rest)',
    '      case $line[1] in',
    ...children.map(({ path }) => `        ${path.at(-1)}) ${functionName(path)} ;;`),
    '      esac ;;',
    '  esac'
  ]
}

function optionSpecs({ names, description, values }: CompletedOption): string[] {
  const isRepeatable = '*'

  return names.map((name) => {
    const action = values === undefined ? '' : `:value:${actionOf(values)}`
    // the value comes next, or after an equals sign
    const takes = values !== undefined && name.startsWith('--') ? '=' : ''

    return quoted(`${isRepeatable}${name}${takes}[${escaped(oneLine(description))}]${action}`)
  })
}

function argumentSpecs({ arguments: args }: CompletedCommand): string[] {
  return args.map(({ name, values, isRepeated }, i) =>
    quoted(`${isRepeated ? '*' : i + 1}:${escaped(name)}:${actionOf(values)}`)
  )
}

function actionOf(values: Values): string {
  if (values.kind === 'choices') return `(${values.choices.map((choice) => choice.replaceAll(':', '\\:')).join(' ')})`

  return values.kind === 'anything' ? ' ' : values.kind === 'folder' ? '_files -/' : '_files'
}

function functionName(path: readonly string[]): string {
  return ['_starling', ...path].join('_').replaceAll('-', '_')
}

/** Brackets and colons have a meaning in a spec. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
