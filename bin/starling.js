#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read: it finds a Node new enough, then starts the command line.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// a checkout runs its sources, never a build that may be old; a package has no sources
const source = new URL('../src/cli/main.ts', import.meta.url)
const isBuilt = !existsSync(source)
const entry = isBuilt ? new URL('../dist/cli/main.js', import.meta.url) : source

/** libp2p needs 22.12; running the TypeScript sources without a flag needs 22.18. */
const REQUIRED = isBuilt ? [22, 12] : [22, 18]

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1])
}

/** The Node that the npm package `node` installed with us, if its install script was allowed to run. */
function findBundledNode() {
  try {
    const manifest = nodeModule.createRequire(import.meta.url).resolve('node/package.json')
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    const isUsable = existsSync(path) && isNewEnough(JSON.parse(readFileSync(manifest, 'utf8')).version)
    return isUsable ? path : undefined
  } catch {
    return undefined // not installed
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // a terminal sends Ctrl-C to the child as well, and twice means "now"
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.once('error', (error) => fail(`cannot start ${node}: ${error.message}`))
  child.once('exit', (code, signal) => process.exit(code === null ? 128 + constants.signals[signal] : code))
}

/**
 * Before anything else is read: from its second start on, a node starts in two thirds of the time and needs 30 MB less.
 * Threads and child processes learn of the cache by the environment.
 */
function keepCompiledCode() {
  const directory = nodeModule.enableCompileCache?.().directory
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory
}

/** A node runs for weeks: before the rest is loaded, as memory that has grown once stays. */
async function keepMemoryLow(args) {
  if (args.find((arg) => !arg.startsWith('-')) !== 'node') return

  const { keepHeapSmall, restartWithAllocator } = await import(
    new URL(`../node/low-memory.${isBuilt ? 'js' : 'ts'}`, entry).href
  )
  restartWithAllocator()
  keepHeapSmall()
}

/** Whoever read our output has left (`| head`): what is still to be said goes nowhere, and that is no crash. */
function outliveReaders() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

function fail(message) {
  console.error(`starling: ${message}`)
  process.exit(1)
}

if (isNewEnough(process.versions.node)) {
  // before the cache: what was compiled under other flags of V8 counts as stale
  await keepMemoryLow(process.argv.slice(2))
  keepCompiledCode()
  outliveReaders()
  const { main } = await import(entry.href)
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = findBundledNode()
  if (node === undefined) {
    fail(`needs Node ${REQUIRED.join('.')} or newer, and this is ${process.versions.node}: see https://nodejs.org`)
  } else {
    runWith(node)
  }
}
