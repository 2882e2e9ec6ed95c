import { expect, test } from 'vitest'
import { rewriteUrls } from '../../scripts/build.ts'

test.each([
  {
    id: 'a worker',
    code: "new Worker(new URL('./worker.ts', import.meta.url), {})",
    expected: "new Worker(new URL('./worker.js', import.meta.url), {})"
  },
  {
    id: 'a program in another folder, over several lines',
    code: 'new URL(\n  "../cli/main.ts",\n  import.meta.url)',
    expected: 'new URL(\n  "../cli/main.js",\n  import.meta.url)'
  },
  { id: 'no asset', code: "new URL('./kernels.wasm', import.meta.url)", expected: undefined },
  { id: 'no other string', code: "const note = './worker.ts'", expected: undefined },
  { id: 'no URL of another base', code: "new URL('./worker.ts', base)", expected: undefined }
])('rewriteUrls: $id', ({ code, expected }) => {
  expect(rewriteUrls(code)).toBe(expected ?? code)
})
