import { createHash } from 'node:crypto'
import { mkdir, open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CheckpointError } from '../../../src/interface/checkpoint-error.ts'
import type { Checkpoint } from '../../../src/store/checkpoint/checkpoint.ts'
import { encodeCheckpoint } from '../../../src/store/checkpoint/encode.ts'
import { readCheckpoint, readCheckpointHeader } from '../../../src/store/checkpoint/read.ts'
import { JOB_ID, newFolder, sample } from './sample.ts'

const encoded = (checkpoint: Checkpoint): Buffer => Buffer.concat([...encodeCheckpoint(checkpoint).pieces()])

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await newFolder(), 'a.ckpt')
  await writeFile(path, bytes)

  return path
}

/** The hash made to fit what is before it: not an accident, but a program's doing. */
function sealed(bytes: Buffer): Buffer {
  const end = bytes.length - 32
  const copy = Buffer.from(bytes)
  copy.writeBigUInt64LE(BigInt(copy.length), 8)
  copy.set(createHash('sha256').update(copy.subarray(0, end)).digest(), end)

  return copy
}

/** With another header, as text. */
function withHeader(bytes: Buffer, change: (header: Record<string, unknown>) => unknown): Buffer {
  const end = 20 + bytes.readUInt32LE(16)
  const text = Buffer.from(
    JSON.stringify(change(JSON.parse(bytes.toString('utf8', 20, end)) as Record<string, unknown>))
  )
  const all = Buffer.concat([bytes.subarray(0, 20), text, bytes.subarray(end)])
  all.writeUInt32LE(text.length, 16)

  return sealed(all)
}

const codeOf = (path: string): Promise<string> =>
  readCheckpoint(path, { jobId: JOB_ID }).then(
    () => 'none',
    (error: unknown) => {
      expect(error).toBeInstanceOf(CheckpointError)
      expect((error as Error).message.startsWith(`${path}: `)).toBe(true)
      return (error as CheckpointError).code
    }
  )

describe('a checkpoint', () => {
  test('comes back with the same bits', async () => {
    const path = await fileOf(encoded(sample()))

    expect(await readCheckpoint(path, { jobId: JOB_ID })).toEqual(sample())
    expect(await readCheckpoint(path)).toEqual(sample())
    const header = await readCheckpointHeader(path)
    expect(header).toMatchObject({
      jobId: JOB_ID,
      state: { round: 42 },
      vectors: [{ name: 'params', length: 5 }, {}, {}]
    })
  })

  test('of vectors longer than a piece, and of none', async () => {
    const params = Float32Array.from({ length: 700_001 }, (_, i) => i / 7)
    for (const vectors of [{ params }, {}]) {
      const path = await fileOf(encoded(sample(1, { vectors })))
      expect((await readCheckpoint(path)).state.vectors).toEqual(vectors)
    }
  })

  test('says how long it is before it is written', () => {
    expect(encodeCheckpoint(sample()).bytes).toBe(encoded(sample()).length)
  })
})

describe('a spoilt checkpoint is never taken for one, and the error says what it is', () => {
  const whole = encoded(sample())

  test('a bit of every byte flipped', { timeout: 60_000 }, async () => {
    const path = await fileOf(whole)
    const file = await open(path, 'r+')
    const codes = new Map<string, number>()
    for (let i = 0; i < whole.length; i++) {
      await file.write(Uint8Array.of(whole[i]! ^ (1 << (i % 8))), 0, 1, i)
      const code = await codeOf(path)
      codes.set(code, (codes.get(code) ?? 0) + 1)
      await file.write(whole, i, 1, i)
    }
    await file.close()
    expect(await codeOf(path)).toBe('none')
    expect([...codes.keys()].sort()).toEqual([
      'ERR_CHECKPOINT_FORMAT',
      'ERR_CHECKPOINT_HASH',
      'ERR_CHECKPOINT_TORN',
      'ERR_CHECKPOINT_VERSION'
    ])
    // the magic, and a length of the header beyond the file
    expect(codes.get('ERR_CHECKPOINT_FORMAT')).toBeLessThan(4 + 4)
    expect(codes.get('ERR_CHECKPOINT_VERSION')).toBe(4)
    expect(codes.get('ERR_CHECKPOINT_TORN')).toBe(8)
  })

  test('cut off at every length, or with bytes behind', { timeout: 60_000 }, async () => {
    const path = await fileOf(whole)
    for (let length = whole.length - 1; length >= 0; length--) {
      await truncate(path, length)
      expect(await codeOf(path)).toBe('ERR_CHECKPOINT_TORN')
    }
    await writeFile(path, Buffer.concat([whole, Buffer.alloc(1)]))
    expect(await codeOf(path)).toBe('ERR_CHECKPOINT_TORN')
  })

  test('any stretch of it zeroed or overwritten', async () => {
    const path = await fileOf(whole)
    const damage = fc.record({
      from: fc.nat(whole.length - 1),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat({ max: 512 }).map((n) => new Uint8Array(n + 1))
      )
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ from, bytes }) => {
        const copy = Buffer.from(whole)
        copy.set(bytes.subarray(0, copy.length - from), from)
        await writeFile(path, copy)
        expect(await codeOf(path)).toMatch(copy.equals(whole) ? /^none$/ : /FORMAT|HASH|TORN|VERSION/)
      }),
      { seed: 3, numRuns: 300 }
    )
  })

  test('one of a later version is not spoilt, and says so', async () => {
    const later = sealed(Buffer.from(whole).fill(2, 4, 5))
    expect(await codeOf(await fileOf(later))).toBe('ERR_CHECKPOINT_VERSION')
  })

  test.each([
    { id: 'another file', bytes: Buffer.from('something else that is longer than the least checkpoint there can be') },
    { id: 'zeros', bytes: Buffer.alloc(1000) },
    { id: 'no JSON', bytes: sealed(Buffer.from(whole).fill('{', 20, 30)) },
    { id: 'a header that lacks something', bytes: withHeader(whole, ({ round: _, ...rest }) => rest) },
    { id: 'a header with more', bytes: withHeader(whole, (header) => ({ ...header, more: 1 })) },
    { id: 'a round below 0', bytes: withHeader(whole, (header) => ({ ...header, round: -1 })) },
    { id: 'two vectors of one name', bytes: withHeader(whole, twice) },
    {
      id: 'vectors of another kind',
      bytes: withHeader(whole, (header) => ({ ...header, vectors: [{ name: 'a', type: 'f8', length: 1 }] }))
    },
    {
      id: 'vectors longer than the file',
      bytes: withHeader(whole, (header) => ({ ...header, vectors: [{ name: 'a', type: 'int32', length: 2 ** 40 }] }))
    }
  ])('$id', async ({ bytes }) => {
    expect(await codeOf(await fileOf(bytes))).toBe('ERR_CHECKPOINT_FORMAT')
  })

  test('of another job', async () => {
    const path = await fileOf(withHeader(whole, (header) => ({ ...header, job: '{"starling":1,"name":"other"}' })))

    expect(await codeOf(path)).toBe('ERR_CHECKPOINT_FOREIGN')
    expect((await readCheckpoint(path)).origin.job).toContain('other')
  })

  test('a folder, a file that is not there, a giant that allocates nothing', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'b.ckpt'))
    expect(await codeOf(join(folder, 'b.ckpt'))).toBe('ERR_CHECKPOINT_UNREADABLE')
    expect(await codeOf(join(folder, 'c.ckpt'))).toBe('ERR_CHECKPOINT_NONE')
    const path = await fileOf(whole)
    await truncate(path, 2 ** 40) // sparse
    const before = process.memoryUsage().arrayBuffers
    expect(await codeOf(path)).toBe('ERR_CHECKPOINT_FORMAT')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
  })

  function twice({ vectors, ...header }: Record<string, unknown>): unknown {
    const [first] = vectors as object[]

    return { ...header, vectors: [first, first] }
  }
})
