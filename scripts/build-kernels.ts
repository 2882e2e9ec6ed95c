/** Compiles the AssemblyScript kernels: `npm run build:kernels`, or with `--check` says whether the committed file is current. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const source = 'src/math/kernels/kernels.as.ts'
const target = 'src/math/kernels/kernels.wasm'
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads']
const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']

const folder = mkdtempSync(join(tmpdir(), 'starling-kernels-'))
try {
  const out = join(folder, 'kernels.wasm')
  const compiler = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin', 'asc.js')
  const run = spawnSync(process.execPath, [compiler, source, '--outFile', out, ...options, ...memory], {
    stdio: 'inherit'
  })
  if (run.status !== 0) process.exit(1)

  const wasm = readFileSync(out)
  if (process.argv.includes('--check')) {
    const current = wasm.equals(readFileSync(target))
    console.log(`${target} is ${current ? 'current' : 'out of date: run npm run build:kernels'}`)
    process.exitCode = current ? 0 : 1
  } else {
    writeFileSync(target, wasm)
    console.log(`${target}: ${wasm.byteLength} bytes`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
