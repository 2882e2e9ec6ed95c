import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const PRINT_AND_EXIT = 'export function main(args) { console.log(process.versions.node, args.join()); return 6 }'

/** A package around `bin/starling.js` whose command line is `main`. Returns the arguments that start it on an old Node. */
function oldNode(main: string, { bundled, path }: { bundled: boolean; path: string }): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'starling-bin-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string): string => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  file('package.json', '{ "type": "module" }')
  file(path, main)
  mkdirSync(join(folder, 'bin'))
  cpSync(join(ROOT, 'bin', 'starling.js'), join(folder, 'bin', 'starling.js'))
  if (bundled) {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(ROOT, 'node_modules', 'node'), join(folder, 'node_modules', 'node'), 'junction')
  }
  const pretend = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })"

  return ['--require', file('pretend.cjs', pretend), join(folder, 'bin', 'starling.js')]
}

describe('bin/starling.js on an old Node', () => {
  test.each([
    { id: 'built', path: 'dist/cli/main.js' },
    { id: 'from a checkout', path: 'src/cli/main.ts' }
  ])('goes on with the Node installed beside it, $id', ({ path }) => {
    const args = oldNode(PRINT_AND_EXIT, { bundled: true, path })
    const { status, stdout } = spawnSync(process.execPath, [...args, 'swarm', '--seed'], { encoding: 'utf8' })

    expect(stdout).toMatch(/^2\d\.\d+\.\d+ swarm,--seed\n$/)
    expect(stdout).not.toContain('20.1.0')
    expect(status).toBe(6)
  })

  test('says what it needs when there is none', () => {
    const args = oldNode(PRINT_AND_EXIT, { bundled: false, path: 'dist/cli/main.js' })
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })

    expect(stderr).toMatch(/^starling: needs Node 22\.12 or newer, and this is 20\.1\.0[^\n]*\n$/)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('hands %s on, and leaves nothing behind', async (signal) => {
    const main = `export async function main() {
      setInterval(() => {}, 1000)
      await new Promise((resolve) => { process.on('${signal}', resolve); console.log(process.pid) })
      process.exit(42)
    }`
    const args = oldNode(main, { bundled: true, path: 'dist/cli/main.js' })
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [pid] = await once(child.stdout, 'data')
    child.kill(signal)

    expect(await once(child, 'exit')).toEqual([42, null])
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH')
  })
})
