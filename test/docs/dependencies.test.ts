import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } = JSON.parse(
  read('package.json')
)
const sections = read('docs/DEPENDENCIES.md').split(/^## /m)

function packagesOf(title: string): string[] {
  const section = sections.find((text) => text.startsWith(title)) ?? ''
  return [...section.matchAll(/^\| `([^`]+)` \| [^|\n]{10,} \|$/gm)].map(([, name]) => name!)
}

test('the page has a reason for each dependency, and for nothing else', () => {
  expect(packagesOf('At run time')).toEqual(Object.keys(manifest.dependencies).sort())
  expect(packagesOf('For development')).toEqual(Object.keys(manifest.devDependencies).sort())
})

test('versions are exact', () => {
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies })

  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('the sources import no package that is not declared: one that happens to be there may go', () => {
  const imported = new Set<string>()
  for (const name of readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue

    for (const [, specifier] of read(`src/${name.replaceAll('\\', '/')}`).matchAll(/\sfrom '([^.'][^']*)'/g)) {
      // the package's name: two parts when scoped
      if (!specifier!.startsWith('node:')) imported.add(/^(@[^/]+\/)?[^/]+/.exec(specifier!)![0])
    }
  }

  expect(imported.size).toBeGreaterThan(5)
  expect([...imported].filter((name) => !(name in manifest.dependencies))).toEqual([])
})
