import { METHODS, type MethodName } from '../../node/control/schema.ts'
import { fieldsOf } from '../methods/fields.ts'
import {
  ASKED_BY_FLAG,
  commandName,
  isActing,
  OFFERED,
  type OfferedMethod,
  WITHOUT_PARAMS
} from '../methods/offered.ts'
import { signature } from '../methods/params.ts'
import { OF_THE_PROMPT } from './help.ts'

/** The tables of docs/REPL.md: what can be read, changed, and what the prompt has of its own; `npm run docs` writes them. */
export function replTables(): string {
  const table = (title: string, rows: readonly string[]): string => [`### ${title}`, '', ...rows].join('\n')
  const methods = (isChange: boolean): string[] => [
    ...['| at the prompt | as a command | what |', '| --- | --- | --- |'],
    ...OFFERED.filter((method) => isActing(method) === isChange).map(methodRow)
  ]

  return [
    table('To read the node', methods(false)),
    table('To change it', methods(true)),
    table('Of the prompt', [
      ...['| at the prompt | what |', '| --- | --- |'],
      ...OF_THE_PROMPT.map((row) => `| \`${row.signature}\` | ${row.summary} |`)
    ])
  ].join('\n\n')
}

function methodRow(method: OfferedMethod): string {
  return `| \`${signature(method)}\` | \`${commandText(method)}\` | ${METHODS[method].summary}${presets(method)} |`
}

/** `starling ban PEER [--reason TEXT] [--seconds N]`. */
function commandText(method: OfferedMethod): string {
  // it has no command of its own: another one asks for it
  const [asker] = Object.entries(WITHOUT_PARAMS).find(([, asked]) => asked === method) ?? []
  if (asker !== undefined) return `starling ${commandName(asker as OfferedMethod)}`
  if (ASKED_BY_FLAG[method] !== undefined) return `starling ${ASKED_BY_FLAG[method]}`
  const words = fieldsOf(method).map(({ name, isRequired, type }) =>
    isRequired ? name.toUpperCase() : `[--${name} ${type === 'number' ? 'N' : 'TEXT'}]`
  )

  return ['starling', commandName(method), ...words].join(' ')
}

function presets(method: MethodName): string {
  const fields = fieldsOf(method).filter(({ preset }) => preset !== undefined)

  return fields.length === 0 ? '' : ` (${fields.map(({ name, preset }) => `${name}: ${preset}`).join(', ')})`
}
