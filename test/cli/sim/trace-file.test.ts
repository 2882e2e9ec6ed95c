import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { TraceFile } from '../../../src/cli/sim/trace-file.ts'

test('lines are in the file in order, those of the last piece too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'starling-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'trace.jsonl')
  const file = new TraceFile(path)
  for (let i = 0; i < 20_000; i++) file.write({ ms: i, kind: 'sent', what: 'ä' })
  file.close()

  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  expect(lines).toHaveLength(20_000)
  expect(lines.map((line) => (JSON.parse(line) as { ms: number }).ms)).toEqual(lines.map((_, i) => i))
})

test('a path that cannot be written to is refused by code', () => {
  expect(() => new TraceFile('/nowhere/trace.jsonl')).toThrow(expect.objectContaining({ code: 'ERR_RUN_FOLDER' }))
})
