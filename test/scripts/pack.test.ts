import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACK_TIMEOUT_MS = 60_000

/** The package as published, unpacked into a node_modules, where Node strips no types. */
describe('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-pack-'))
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'starling')
  afterAll(() => rmSync(folder, { recursive: true }))

  beforeAll(() => {
    const packed = spawnSync('npm', ['pack', '--pack-destination', folder], {
      cwd: ROOT,
      timeout: PACK_TIMEOUT_MS,
      encoding: 'utf8',
      shell: process.platform === 'win32'
    })
    if (packed.status !== 0) throw new Error(`npm pack failed:\n${packed.stdout}${packed.stderr}`)
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!

    // dependencies are linked, not installed: they are the same, and this needs no network
    mkdirSync(installed, { recursive: true })
    execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], { cwd: folder })
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction')
    }
  }, PACK_TIMEOUT_MS)

  const starling = (...args: string[]) =>
    spawnSync(process.execPath, [join(installed, 'bin', 'starling.js'), ...args], {
      encoding: 'utf8',
      timeout: 15_000,
      cwd: folder
    })

  test('prints its version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

    expect(starling('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('lists its commands', () => {
    const { status, stdout } = starling('--help')

    expect(status).toBe(0)
    for (const command of ['node', 'swarm', 'doctor']) expect(stdout).toMatch(new RegExp(`^\\s+${command}\\b`, 'm'))
  })

  test('can be imported, with types', () => {
    const code = "import { CodedError } from 'starling'; console.log(new CodedError('ERR_X', 'y').code)"
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 15_000,
      cwd: folder
    })

    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ERR_X\n' })
    expect(readFileSync(join(installed, 'dist', 'index.d.ts'), 'utf8')).toContain('CodedError')
  })

  test('holds every compiled file and asset, and no source', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })

    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'CHANGELOG.md', join('dist', 'cli', 'main.js')]))
    expect(files).toEqual(
      expect.arrayContaining([join('packaging', 'systemd', 'starling@.service'), join('docs', 'OPERATING.md')])
    )
    const assets = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(wasm|html|css)$/.test(name)
    )
    expect(assets).toContain(join('math', 'kernels', 'kernels.wasm'))
    expect(files).toEqual(expect.arrayContaining(assets.map((name) => join('dist', name))))
    expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([])
  })

  test('names no TypeScript file where Node would look for it', () => {
    const dist = join(installed, 'dist')
    const scripts = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
    const naming = scripts.filter((name) => /(from|import\(|new URL\()\s*['"]\.[^'"]*\.ts['"]/.test(read(dist, name)))

    expect(naming).toEqual([])
  })
})

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}
