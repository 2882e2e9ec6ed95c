/**
 * `npm run bench -- NAME [ARGUMENTS]` runs the benchmark in `NAME.ts` of this
 * folder: its `run(args)`, which prints what it measured and may return an
 * exit code. Without a name, lists what there is.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { nearestWord } from '../../src/interface/nearest-word.ts'

/** What a benchmark's file exports as `run`. */
export type Benchmark = (args: readonly string[]) => Promise<number | undefined> | number | undefined

const WRONG_USAGE = 2

const FOLDER = new URL('.', import.meta.url)

/** The files of this folder that export `run`; the others only help them. */
function benchmarkNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /^export (async )?function run\b/m.test(readFileSync(new URL(file, FOLDER), 'utf8')))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

function usage(names: readonly string[]): string {
  return `usage: npm run bench -- NAME\n${names.map((name) => `  ${name}`).join('\n')}`
}

/** Runs one benchmark; returns the exit code. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  const names = benchmarkNames()
  if (name === undefined) {
    console.log(usage(names))
    return 0
  }
  if (!names.includes(name)) {
    const meant = nearestWord(name, names)
    console.error(`no benchmark "${name}"${meant === undefined ? '' : `: did you mean "${meant}"?`}\n${usage(names)}`)
    return WRONG_USAGE
  }

  const { run }: { run: Benchmark } = await import(new URL(`${name}.ts`, FOLDER).href)

  return (await run(args)) ?? 0
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
