import { type CompletedCommand, childrenOf, type Values } from './tree.ts'

/** For bash 3.2 and newer. Words are found in the line itself: bash splits them at colons and equals signs too. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return `# source <(starling completion bash)
_starling() {
  local line=\${COMP_LINE:0:COMP_POINT} IFS=$' \\t\\n' word previous='' path='' part head='' i
  local -a words
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=\${words[\${#words[@]}-1]}
  (( \${#words[@]} > 1 )) && previous=\${words[\${#words[@]}-2]}
  if [[ $word == --*=* ]]; then
    previous=\${word%%=*}
    head=$previous=
    word=\${word#*=}
  fi
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    part="$path \${words[i]}"
    case $part in
      ${commands
        .filter(({ path }) => path.length > 0)
        .map(({ path }) => quoted(` ${path.join(' ')}`))
        .join(' | ')}) path=$part ;;
    esac
  done
  COMPREPLY=()
  case "$path:$previous" in
${commands.flatMap(optionCases).join('\n')}
  esac
  if [[ $word == -* ]]; then
    case $path in
${commands.map((command) => `      ${pathPattern(command)}) _starling_words ${quoted(optionNames(command))} ;;`).join('\n')}
    esac
    return
  fi
  case $path in
${commands.map((command) => `    ${pathPattern(command)}) ${argumentReply(commands, command)} ;;`).join('\n')}
  esac
}

# offers those that fit what is typed, without the part before the last colon, which bash keeps to itself
_starling_words() {
  local typed=$word before='' reply
  [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && before=\${word%"\${word##*:}"}
  while IFS= read -r reply; do
    COMPREPLY+=("\${reply#"$before"}")
  done < <(compgen -W "$1" -- "$typed")
}

_starling_paths() {
  local reply
  compopt -o filenames 2>/dev/null
  while IFS= read -r reply; do
    COMPREPLY+=("$reply")
  done < <(compgen "$1" -- "$word")
}

complete -F _starling starling
`
}

function optionCases({ path, options }: CompletedCommand): string[] {
  return options
    .filter(({ values }) => values !== undefined)
    .map(({ names, values }) => {
      const patterns = names.map((name) => quoted(`${path.map((part) => ` ${part}`).join('')}:${name}`))

      return `    ${patterns.join(' | ')}) ${reply(values!)}; return ;;`
    })
}

function argumentReply(commands: readonly CompletedCommand[], command: CompletedCommand): string {
  const children = childrenOf(commands, command.path)
  if (children.length > 0) return `_starling_words ${quoted(children.map(({ path }) => path.at(-1)!).join(' '))}`
  const replies = new Set(command.arguments.map(({ values }) => reply(values)))

  return [...replies].join('; ') || ':'
}

function reply(values: Values): string {
  if (values.kind === 'choices') return `_starling_words ${quoted(values.choices.join(' '))}`

  return values.kind === 'anything' ? ':' : `_starling_paths ${values.kind === 'folder' ? '-d' : '-f'}`
}

function optionNames({ options }: CompletedCommand): string {
  return options.flatMap(({ names }) => names).join(' ')
}

function pathPattern({ path }: CompletedCommand): string {
  return quoted(path.map((part) => ` ${part}`).join(''))
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
