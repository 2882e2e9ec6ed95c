/**
 * `npm run reproduce -- NAME [ARGUMENTS]` runs the experiments in the folder
 * `NAME` beside this file: the `run(args)` of its `run.ts`, which prints what
 * it measured and may return an exit code. Without a name, lists what there is.
 */
import { existsSync, readdirSync } from 'node:fs'
import { nearestWord } from '../../src/interface/nearest-word.ts'

/** What `NAME/run.ts` exports as `run`. */
export type Experiments = (args: readonly string[]) => Promise<number | undefined>

const WRONG_USAGE = 2
const FOLDER = new URL('.', import.meta.url)

function experimentNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => existsSync(new URL(`${name}/run.ts`, FOLDER)))
    .sort()
}

function usage(names: readonly string[]): string {
  return `usage: npm run reproduce -- NAME [--part PART] [--quick]\n${names.map((name) => `  ${name}`).join('\n')}`
}

/** Runs one folder's experiments; returns the exit code. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  const names = experimentNames()
  if (name === undefined) {
    console.log(usage(names))
    return 0
  }
  if (!names.includes(name)) {
    const meant = nearestWord(name, names)
    console.error(`no experiments "${name}"${meant === undefined ? '' : `: did you mean "${meant}"?`}\n${usage(names)}`)
    return WRONG_USAGE
  }

  const { run }: { run: Experiments } = await import(new URL(`${name}/run.ts`, FOLDER).href)

  return (await run(args)) ?? 0
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
