import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const src = new URL('../../src/', import.meta.url)
const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8')

/** The literal codes of the sources; `'ERR_ENGINE_'`, a prefix, is none. */
const codesInSource = new Set(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      readFileSync(new URL(name.replaceAll('\\', '/'), src), 'utf8').match(/(?<=')ERR_[A-Z\d_]*[A-Z\d](?=')/g)
    )
    .filter((code) => code !== null)
)

/** Rows of the page's tables: code, when it happens, what to do. */
const rows = [...page.matchAll(/^\| `(ERR_[A-Z\d_]+)` \|([^|\n]*)\|([^|\n]*)\|$/gm)].map(([, code, when, remedy]) => ({
  code: code!,
  when: when!.trim(),
  remedy: remedy!.trim()
}))

test('every code of the sources has a line, and every line a code', () => {
  const codesOnPage = rows.map(({ code }) => code)

  expect(codesInSource.size).toBeGreaterThan(10)
  // joined, because vitest cuts long lists short
  expect([...codesInSource].filter((code) => !codesOnPage.includes(code)).join(' '), 'not on the page').toBe('')
  expect(codesOnPage.filter((code) => !codesInSource.has(code)).join(' '), 'not in src').toBe('')
})

test('no line is cut short, and no code is there twice', () => {
  const mentioned = page.match(/^\| `ERR_/gm) ?? []

  expect(rows.length).toBe(mentioned.length)
  expect(new Set(rows.map(({ code }) => code)).size).toBe(rows.length)
  for (const { code, when, remedy } of rows) {
    expect(when.length, code).toBeGreaterThan(10)
    expect(remedy.length, code).toBeGreaterThan(5)
  }
})

test('the codes of each table are in order', () => {
  for (const section of page.split(/^## /m)) {
    const codes = [...section.matchAll(/^\| `(ERR_[A-Z\d_]+)`/gm)].map(([, code]) => code)
    expect(codes).toEqual(codes.toSorted())
  }
})
