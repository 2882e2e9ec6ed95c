import { parseArgs } from 'node:util'
import { nearestWord } from '../../src/interface/nearest-word.ts'
import { formatCheck, formatTable, type Part } from './result.ts'

const WRONG_USAGE = 2
const DOCS = new URL('../../docs/', import.meta.url)

/**
 * Runs the parts of one folder's experiments and prints what they found. Options: --part NAME (may be repeated),
 * --quick, --list. Returns the exit code: 1 when a figure is missed.
 */
export async function runParts(parts: Readonly<Record<string, Part>>, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: 'string', multiple: true, default: Object.keys(parts) },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false }
    }
  })
  if (values.list) {
    for (const [name, { about }] of Object.entries(parts)) console.log(`${name.padEnd(12)} ${about}`)
    return 0
  }
  const unknown = values.part.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined) return unknownPart(unknown, Object.keys(parts))

  let missed = 0
  for (const name of values.part) missed += await runPart(name, parts[name]!, values.quick)

  return missed === 0 ? 0 : 1
}

/** @returns how many figures it missed */
async function runPart(name: string, { about, run }: Part, quick: boolean): Promise<number> {
  console.log(`\n## ${name}: ${about}\n`)
  const startedMs = performance.now()
  const log = (line: string): void =>
    console.error(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}`)
  const { tables, checks } = await run({ quick, plots: quick ? undefined : DOCS, log })
  for (const table of tables) console.log(`${formatTable(table)}\n`)
  for (const check of checks) console.log(formatCheck(check))

  return checks.filter(({ holds }) => !holds).length
}

function unknownPart(name: string, names: readonly string[]): number {
  const meant = nearestWord(name, names)
  const hint = meant === undefined ? `expected ${names.join(', ')}` : `did you mean "${meant}"?`
  console.error(`no part "${name}": ${hint}`)

  return WRONG_USAGE
}
