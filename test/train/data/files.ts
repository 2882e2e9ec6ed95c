import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { ExampleSet } from '../../../src/train/data/examples.ts'

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return folder
}

/** Writes a file, with its folders, packed if its name ends in .gz; returns its path. */
export function put(path: string, content: Uint8Array | string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(content) : content)

  return path
}

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], data: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.writeUInt32BE(0x0800 + shape.length)
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis)

  return Buffer.concat([header, Uint8Array.from(data)])
}

/** Example `index` as floats. */
export function inputOf(set: ExampleSet, index: number): Float32Array {
  const out = new Float32Array(set.shape.reduce((product, extent) => product * extent, 1))
  set.readInto(index, out, 0)

  return out
}

/** Example `index` as tokens. */
export function tokensOf(set: ExampleSet, index: number): number[] {
  const out = new Int32Array(set.shape[0]!)
  set.readInto(index, out, 0)

  return [...out]
}

/** The target of example `index`. */
export function targetOf(set: ExampleSet, index: number): number[] {
  const out = new Int32Array(set.targetShape[0] ?? 1)
  set.readTargetInto(index, out, 0)

  return [...out]
}
