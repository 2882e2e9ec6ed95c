import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { outdatedDocuments } from '../../scripts/docs.ts'

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

test('the tables in the documents are those of the source; "npm run docs" writes them', () => {
  for (const [file, wanted] of outdatedDocuments(read)) expect(read(file), file).toBe(wanted)
})

test('a table that has changed is noticed', () => {
  const files = outdatedDocuments((file) => read(file).replace('| `awaitPeers` |', '| `awaitPears` |'))

  expect([...files.keys()]).toEqual(['docs/CONFIG.md'])
})
