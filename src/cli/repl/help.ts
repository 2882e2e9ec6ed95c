import { METHODS } from '../../node/control/schema.ts'
import { OFFERED, promptName } from '../methods/offered.ts'
import { signature } from '../methods/params.ts'

export interface HelpRow {
  readonly name: string
  readonly signature: string
  readonly summary: string
  readonly kind: 'read' | 'act' | 'prompt'
}

/** What is no method of the node: the prompt has it of its own. */
export const OF_THE_PROMPT: readonly HelpRow[] = [
  {
    name: 'hash',
    signature: 'hash',
    summary: 'round, and hashes of the model and of the set of projections',
    kind: 'read'
  },
  {
    name: 'watch',
    signature: "watch('round:ended', ...)",
    summary: 'print events as they come: those named, or all',
    kind: 'prompt'
  },
  { name: 'unwatch', signature: 'unwatch', summary: 'stop printing events; Ctrl-C does too', kind: 'prompt' },
  { name: 'help', signature: 'help', summary: 'this list; .help too', kind: 'prompt' }
]

/** Everything that the prompt offers, a row each: of the node as its schema has it, then the prompt's own. */
export function helpRows(): HelpRow[] {
  const methods = OFFERED.map((method) => ({
    name: promptName(method),
    signature: signature(method),
    summary: METHODS[method].summary,
    kind: METHODS[method].access
  }))

  return [...methods, ...OF_THE_PROMPT]
}

export function apiHelp({ canWrite }: { canWrite: boolean }): string {
  const rows = helpRows()
  const width = Math.max(...rows.map((row) => row.signature.length)) + 2
  const list = (kind: HelpRow['kind']): string[] =>
    rows.filter((row) => row.kind === kind).map((row) => `  ${row.signature.padEnd(width)}${row.summary}`)

  return [
    'read the node; each is a promise of plain data, and a table when it is the last value:',
    ...list('read'),
    canWrite ? 'change the node:' : 'change the node (refused here: start with --write):',
    ...list('act'),
    'at the prompt:',
    ...list('prompt'),
    '',
    "peers are written as tables print them: peer('..iKyYPuyr'). Tab completes names, peers and events.",
    '(await peers).filter((p) => p.round > 5)   const before = await hash',
    '.exit or Ctrl-D detaches, and the node goes on; Ctrl-C gives up a call, or ends watch;',
    '.editor takes many lines, .save and .load keep them, .clear forgets all variables'
  ].join('\n')
}
