/**
 * Builds `dist`, what is published: Node strips no types inside node_modules.
 * A checkout runs the sources and never needs this.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files read at run time, beside the code that reads them. */
const ASSET = /\.(wasm|html|css)$/

/**
 * Points `new URL('./worker.ts', import.meta.url)`, the way to name a worker
 * or a program to start, at the compiled file. The compiler does this for
 * imports only.
 */
export function rewriteUrls(code: string): string {
  return code.replace(/(new URL\(\s*(['"])\.{1,2}\/[^'"]+)\.ts(\2,\s*import\.meta\.url)/g, '$1.js$3')
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Returns tsc's exit code; it has printed what is wrong. */
function compile(): number {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })

  return status ?? 1
}

/** Returns the exit code. */
function build(): number {
  const src = join(ROOT, 'src')
  const dist = join(ROOT, 'dist')

  rmSync(dist, { recursive: true, force: true })
  const exitCode = compile()
  if (exitCode !== 0) return exitCode

  for (const path of filesUnder(dist)) {
    if (path.endsWith('.js')) writeFileSync(path, rewriteUrls(readFileSync(path, 'utf8')))
  }
  for (const path of filesUnder(src)) {
    if (ASSET.test(path)) cpSync(path, join(dist, path.slice(src.length)))
  }

  return 0
}

if (import.meta.main) process.exitCode = build()
