import { expect, test } from 'vitest'
import { complete } from '../../../src/cli/repl/completer.ts'
import { PEER_A, PEER_B } from '../../fixtures/answers.ts'

const sources = { names: ['ban', 'peer', 'peers', 'watch'], peers: async () => [PEER_A, PEER_B] }

test.each([
  { line: '', candidates: ['ban', 'peer', 'peers', 'watch'], text: '' },
  { line: 'pe', candidates: ['peer', 'peers'], text: 'pe' },
  { line: '(await pee', candidates: ['peer', 'peers'], text: 'pee' },
  { line: 'const x = wa', candidates: ['watch'], text: 'wa' },
  { line: "peer('", candidates: ['..P7sETKKL', '..iKyYPuyr'], text: '' },
  { line: "peer('..", candidates: ['..P7sETKKL', '..iKyYPuyr'], text: '..' },
  { line: 'peer("..i', candidates: ['..iKyYPuyr'], text: '..i' },
  { line: 'peer(`iKy', candidates: ['iKyYPuyr'], text: 'iKy' },
  { line: "peer('12D3KooWC", candidates: [PEER_B], text: '12D3KooWC' },
  { line: "compare('", candidates: ['self', '..P7sETKKL', '..iKyYPuyr'], text: '' },
  { line: "compare('s", candidates: ['self'], text: 's' },
  { line: "compare('..P7sETKKL', '..i", candidates: ['..iKyYPuyr'], text: '..i' },
  { line: "(await peers).find((p) => p.peer === '12D3KooWA", candidates: [PEER_A], text: '12D3KooWA' },
  { line: "logLevel('", candidates: ['silent', 'error', 'warn', 'info', 'debug'], text: '' },
  { line: "watch('round:", candidates: ['round:ended'], text: 'round:' },
  { line: "watch('round:ended', 'peer:c", candidates: ['peer:connected'], text: 'peer:c' },
  { line: "peer('zzz", candidates: [], text: 'zzz' }
])('$line', async ({ line, candidates, text }) => {
  expect(await complete(line, sources)).toEqual([candidates, text])
})

test.each([
  { id: 'a property', line: 'Math.a' },
  { id: 'a name that is not of the API', line: 'Obj' },
  { id: 'text that is no peer', line: "dial('/ip4" },
  { id: 'a second argument without choices', line: "ban('..x', 're" },
  { id: 'a function of the person', line: "mine('a" }
])('leaves $id to JavaScript', async ({ line }) => {
  expect(await complete(line, sources)).toBeUndefined()
})
