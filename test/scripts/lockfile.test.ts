import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { completeLockfile, findMissing, type Lockfile, platformOf } from '../../scripts/lockfile.ts'

const committed: Lockfile = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))

const binary = { version: '1.0.0', optional: true }

describe('the committed lock file', () => {
  test('has every optional binary, so that npm ci works on every platform', () => {
    expect(findMissing(committed)).toEqual([])
  })

  test('is in the order completeLockfile writes, so that completing it makes a small diff', () => {
    expect(Object.keys(completeLockfile(committed).packages)).toEqual(Object.keys(committed.packages))
  })

  test('names no registry host', () => {
    for (const [path, entry] of Object.entries(committed.packages)) expect(entry['resolved'], path).toBeUndefined()
  })

  test('has the version and engines of package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const root = committed.packages['']!

    expect(root.version).toBe(manifest.version)
    expect(root['engines']).toEqual(manifest.engines)
  })
})

describe('platformOf', () => {
  // the real metadata of every binary package in the lock file is the reference
  const real = Object.entries(committed.packages).filter(
    ([path, { os, cpu, integrity }]) =>
      integrity !== undefined && (os ?? cpu) !== undefined && /-(arm|x64|wasm|ppc|s390|riscv|loong|mips)/.test(path)
  )

  test('agrees with the metadata that packages publish', () => {
    expect(real.length).toBeGreaterThan(20)
    for (const [path, { os, cpu }] of real) {
      const { libc: _, ...platform } = platformOf(path.replace(/^node_modules\//, ''))
      expect(platform, path).toEqual({ ...(cpu && { cpu }), ...(os && { os }) })
    }
  })

  test.each([
    { name: '@x/cli-linux-x64-musl', expected: { os: ['linux'], cpu: ['x64'], libc: ['musl'] } },
    { name: '@x/cli-linux-arm64-gnu', expected: { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] } },
    { name: 'x-darwin-arm64', expected: { os: ['darwin'], cpu: ['arm64'] } },
    { name: '@x/binding-wasm32-wasi', expected: { cpu: ['wasm32'] } }
  ])('$name', ({ name, expected }) => {
    expect(platformOf(name)).toEqual(expected)
  })

  test('refuses to guess', () => {
    expect(() => platformOf('fsevents')).toThrow('fsevents')
  })
})

describe('completeLockfile', () => {
  const lockfile: Lockfile = {
    lockfileVersion: 3,
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0', dev: true, optionalDependencies: { 'bin-linux-x64': '1.0.0' } },
      'node_modules/b': {
        version: '1.0.0',
        optionalDependencies: { 'bin-darwin-arm64': '1.0.0', 'bin-linux-x64': '1.0.0', 'bin-win32-x64': '1.0.0' }
      },
      'node_modules/b/node_modules/bin-win32-x64': binary,
      'node_modules/z': { version: '1.0.0', dev: true, optionalDependencies: { 'bin-aix-ppc64': '2.0.0' } }
    }
  }

  test('adds what is missing, by platform, for production when anything in production names it', () => {
    const { packages } = completeLockfile(lockfile)

    expect(packages['node_modules/bin-darwin-arm64']).toEqual({ ...binary, os: ['darwin'], cpu: ['arm64'] })
    expect(packages['node_modules/bin-linux-x64']).toEqual({ ...binary, os: ['linux'], cpu: ['x64'] })
    expect(packages['node_modules/bin-aix-ppc64']).toMatchObject({ version: '2.0.0', dev: true })
  })

  test('leaves what is there alone, a nested package included', () => {
    const completed = completeLockfile(lockfile)

    expect(completed.packages).toMatchObject(lockfile.packages)
    expect(completed.packages['node_modules/bin-win32-x64']).toBeUndefined()
    expect(findMissing(completed)).toEqual([])
  })

  test('refuses a range: which version it means is for the registry to say', () => {
    const ranged: Lockfile = { packages: { 'node_modules/a': { optionalDependencies: { 'bin-linux-x64': '^1.0.0' } } } }

    expect(() => completeLockfile(ranged)).toThrow('^1.0.0')
  })
})
