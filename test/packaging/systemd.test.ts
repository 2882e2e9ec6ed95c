import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const UNIT = join(ROOT, 'packaging/systemd/starling@.service')
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
if (!hasSystemd) console.log('systemd-analyze is not here (Debian: systemd): the unit is not verified')

/** The values of a key of the unit. */
const valuesOf = (key: string): string[] =>
  [...readFileSync(UNIT, 'utf8').matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map((match) => match[1]!)

describe('the systemd unit', () => {
  test.runIf(hasSystemd)('systemd has nothing to say against it', () => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' })

    // what it finds on this machine besides is not ours
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('starling'))).toEqual([])
    expect(status).toBe(0)
  })

  test.runIf(hasSystemd)('leaves little exposed', () => {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', UNIT], { encoding: 'utf8' })

    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2.5)
  })

  test('its command and variables are understood', () => {
    const folder = mkdtempSync(join(tmpdir(), 'starling-unit-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'glyphs.yaml'), 'name: glyphs\n')
    const filled = (text: string): string =>
      text
        .replaceAll('%E/starling', folder)
        .replaceAll('%S', folder)
        .replaceAll('%C', folder)
        .replaceAll('%i', 'glyphs')
    const [env, starling, command, ...args] = filled(valuesOf('ExecStart')[0]!).split(' ')
    expect([env, starling, command]).toEqual(['/usr/bin/env', 'starling', 'node'])
    const variables = valuesOf('Environment').flatMap((text) =>
      filled(text)
        .split(' ')
        .map((pair) => pair.split('='))
    )

    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/starling.js', 'config', '--json', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...Object.fromEntries(variables) }
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout).settings).toEqual([
      { key: 'dataDir', value: `${folder}/starling/glyphs`, origin: 'env STARLING_DATA_DIR' }
    ])
    expect(valuesOf('StateDirectory')).toEqual(['starling/%i'])
  })

  test('a clean stop is one signal to the node alone, with time enough', () => {
    expect([valuesOf('KillSignal'), valuesOf('KillMode')]).toEqual([['SIGTERM'], ['mixed']])
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThan(30)
  })

  test('what only a person can mend is not tried again', () => {
    expect(valuesOf('Restart')).toEqual(['on-failure'])
    expect(valuesOf('RestartPreventExitStatus')[0]!.split(' ').map(Number)).toEqual([EXIT.usage, EXIT.data])
  })

  test('V8 may compile: memory that is written and run is not forbidden', () => {
    expect(valuesOf('MemoryDenyWriteExecute')).toEqual([])
  })
})
