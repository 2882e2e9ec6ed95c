import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'

/**
 * What is printed must be what a file under test/fixtures/terminal has, which people read.
 * `UPDATE_GOLDEN=1 npm test -- FILE` writes the file anew: read what has changed before you commit it.
 */
export function expectGolden(name: string, printed: string): void {
  const path = new URL(`../fixtures/terminal/${name}.txt`, import.meta.url)
  const text = `${printed.trimEnd()}\n`
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path.pathname), { recursive: true })
    writeFileSync(path, text)
  }

  expect(text).toBe(readFileSync(path, 'utf8'))
}
