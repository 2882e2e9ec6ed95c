import { expect, test } from 'vitest'
import { settled } from '../../../src/cli/repl/settle.ts'

test.each([
  'peers',
  'peers;',
  'peers ; ',
  'peers // all of them',
  'rounds(5).then((r) => r.length)',
  '(await peers).length',
  '{ a: 1 }',
  '/* a */ 1',
  'x = peers()'
])('waits for the expression %s', (code) => {
  expect(settled(`${code}\n`)).toMatch(/^await globalThis\[Symbol\.for\('starling\.settle'\)\]\(async \(\) => \(/)
})

test.each([
  '',
  '  ',
  'const p = await peers',
  'function f() {}',
  'async function f() {}',
  'class A {}',
  'if (true) { 1 }',
  'peers; status',
  'foo(',
  'for (const p of await peers) console.log(p)',
  'let x'
])('leaves %j as it is', (code) => {
  expect(settled(`${code}\n`)).toBe(`${code}\n`)
})
