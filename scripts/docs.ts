/**
 * Writes the parts of the documents that come from tables in the source, between the lines
 * `<!-- begin NAME -->` and `<!-- end NAME -->`: `npm run docs`. A test holds the documents to them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { replTables } from '../src/cli/repl/document.ts'
import { apiLimits, apiMethods, apiNotifications } from '../src/node/control/document.ts'
import { settingTables } from '../src/node/settings/document.ts'

const PARTS: readonly { file: string; name: string; text: () => string }[] = [
  { file: 'docs/API.md', name: 'limits', text: apiLimits },
  { file: 'docs/API.md', name: 'notifications', text: apiNotifications },
  { file: 'docs/API.md', name: 'methods', text: apiMethods },
  { file: 'docs/CONFIG.md', name: 'settings', text: settingTables },
  { file: 'docs/REPL.md', name: 'methods', text: replTables }
]

/** @throws {Error} when the document has no place for the part */
function withPart(page: string, name: string, text: string): string {
  const place = new RegExp(`(<!-- begin ${name} -->\n)[\\s\\S]*?(\n<!-- end ${name} -->)`)
  if (!place.test(page)) throw new Error(`no lines <!-- begin ${name} --> and <!-- end ${name} -->`)

  return page.replace(place, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`)
}

/** The documents that a run would change, each with what it should be. */
export function outdatedDocuments(read: (file: string) => string): Map<string, string> {
  const outdated = new Map<string, string>()
  for (const { file, name, text } of PARTS) {
    const page = outdated.get(file) ?? read(file)
    const wanted = withPart(page, name, text())
    if (wanted !== page) outdated.set(file, wanted)
  }

  return outdated
}

if (import.meta.main) {
  const root = new URL('../', import.meta.url)
  for (const [file, page] of outdatedDocuments((name) => readFileSync(new URL(name, root), 'utf8'))) {
    writeFileSync(new URL(file, root), page)
    console.log(`wrote ${file}`)
  }
}
