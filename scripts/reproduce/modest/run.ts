import { parseArgs } from 'node:util'
import { nearestWord } from '../../../src/interface/nearest-word.ts'
import { formatCheck, formatTable, type Part } from '../result.ts'
import { compare } from './compare.ts'
import { crash } from './crash.ts'
import { determinism } from './determinism.ts'
import { join } from './join.ts'
import { scale } from './scale.ts'
import { sockets } from './sockets.ts'
import { speed } from './speed.ts'

const PARTS: Readonly<Record<string, Part>> = { compare, crash, join, scale, speed, determinism, sockets }
const WRONG_USAGE = 2
const DOCS = new URL('../../../docs/', import.meta.url)

/**
 * What MoDeST and the simulator are held to, part by part. Options: --part
 * NAME (may be repeated), --quick, --list. Exit code 1 when a figure is missed.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: 'string', multiple: true, default: Object.keys(PARTS) },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false }
    }
  })
  if (values.list) {
    for (const [name, { about }] of Object.entries(PARTS)) console.log(`${name.padEnd(12)} ${about}`)
    return 0
  }

  let missed = 0
  for (const name of values.part) {
    const part = PARTS[name]
    if (part === undefined) return unknownPart(name)
    console.log(`\n## ${name}: ${part.about}\n`)
    const startedMs = performance.now()
    const log = (line: string): void =>
      console.error(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}`)
    const { tables, checks } = await part.run({ quick: values.quick, plots: values.quick ? undefined : DOCS, log })
    for (const table of tables) console.log(`${formatTable(table)}\n`)
    for (const check of checks) console.log(formatCheck(check))
    missed += checks.filter(({ holds }) => !holds).length
  }

  return missed === 0 ? 0 : 1
}

function unknownPart(name: string): number {
  const names = Object.keys(PARTS)
  const meant = nearestWord(name, names)
  console.error(
    `no part "${name}": ${meant === undefined ? `expected ${names.join(', ')}` : `did you mean "${meant}"?`}`
  )

  return WRONG_USAGE
}
