import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLayout } from '../../src/interface/params.ts'
import { writeWeights } from '../../src/node/weights.ts'
import { hashWeights, readWeights } from '../../src/train/weights-file.ts'
import { WeightsError } from '../../src/train/weights-header.ts'

const layout = createLayout([
  { name: 'w', shape: [2, 2], kind: 'kernel' },
  { name: 'b', shape: [], kind: 'bias' }
])
const MODEL = Float32Array.of(1, -2, 3.5, 1e-30, 7)

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-weights-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return join(folder, 'model.safetensors')
}

interface Entry {
  dtype?: unknown
  shape?: unknown
  data_offsets?: unknown
}

const GOOD: Record<string, Entry> = {
  w: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: 'F32', shape: [], data_offsets: [16, 20] }
}

/** A file with this header, by hand; `claimed` is the length in front of it. */
async function fileOf(header: unknown, { data = MODEL, claimed }: { data?: Float32Array; claimed?: bigint } = {}) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(claimed ?? BigInt(text.length))
  const at = path()
  await writeFile(at, Buffer.concat([length, text, Buffer.from(data.buffer)]))

  return at
}

describe('a file of weights', () => {
  test('comes back with the same bits, and leaves nothing beside it', async () => {
    const at = path()
    await writeWeights(at, layout, MODEL)
    expect(await readWeights(at, { layout })).toEqual(MODEL)
    expect(await readdir(join(at, '..'))).toEqual(['model.safetensors'])

    // the format, as others read it
    const bytes = await readFile(at)
    const headerBytes = Number(bytes.readBigUInt64LE())
    expect(headerBytes % 8).toBe(0)
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes))).toEqual(GOOD)
    expect(bytes.readFloatLE(8 + headerBytes + 8)).toBe(3.5)
  })

  test('may hold tensors in any order, and notes', async () => {
    const at = await fileOf(
      {
        __metadata__: { format: 'pt' },
        w: { ...GOOD['w'], data_offsets: [4, 20] },
        b: { ...GOOD['b'], data_offsets: [0, 4] }
      },
      { data: Float32Array.of(7, 1, -2, 3.5, 1e-30) }
    )
    expect(await readWeights(at, { layout })).toEqual(MODEL)
  })

  test('is known by the hash of all its bytes', async () => {
    const at = await fileOf(GOOD)
    const sha256 = createHash('sha256')
      .update(await readFile(at))
      .digest('hex')
    expect(await hashWeights(at)).toBe(sha256)
    expect(await readWeights(at, { layout, sha256 })).toEqual(MODEL)
    await expect(readWeights(at, { layout, sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_HASH',
      message: expect.stringContaining(sha256)
    })
  })

  const without = (name: string) => Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name))
  const nan = Float32Array.from(MODEL).fill(Number.NaN, 2, 3)
  test.each<{ id: string; header: unknown; code: string; says: string; data?: Float32Array; claimed?: bigint }>([
    {
      id: 'another shape',
      header: { ...GOOD, w: { ...GOOD['w'], shape: [4] } },
      code: 'SHAPE',
      says: 'tensor "w" is of shape (4) and should be (2, 2)'
    },
    { id: 'a missing tensor', header: without('b'), code: 'MISSING', says: '"b"' },
    {
      id: 'one too many',
      header: { ...GOOD, x: { dtype: 'F32', shape: [], data_offsets: [20, 24] } },
      code: 'EXTRA',
      says: '"x"'
    },
    {
      id: 'one called __proto__',
      header: JSON.stringify(GOOD).replace('"w"', '"__proto__"'),
      code: 'EXTRA',
      says: '__proto__'
    },
    { id: 'NaN', header: GOOD, data: nan, code: 'NOT_FINITE', says: '"w"' },
    { id: 'other numbers', header: { ...GOOD, w: { ...GOOD['w'], dtype: 'F16' } }, code: 'FORMAT', says: 'F32' },
    {
      id: 'an overlap',
      header: { ...GOOD, b: { ...GOOD['b'], data_offsets: [12, 16] } },
      code: 'FORMAT',
      says: 'not at 16'
    },
    {
      id: 'a gap',
      header: { ...GOOD, b: { ...GOOD['b'], data_offsets: [20, 24] } },
      code: 'FORMAT',
      says: 'not at 16'
    },
    {
      id: 'offsets that do not fit the shape',
      header: { ...GOOD, b: { ...GOOD['b'], data_offsets: [16, 24] } },
      code: 'FORMAT',
      says: '8 bytes and should take 4'
    },
    {
      id: 'offsets of no numbers',
      header: { ...GOOD, b: { ...GOOD['b'], data_offsets: [-1, 3] } },
      code: 'FORMAT',
      says: 'offsets'
    },
    { id: 'too few numbers', header: GOOD, data: MODEL.slice(1), code: 'FORMAT', says: '16 bytes of numbers' },
    { id: 'bytes at the end', header: GOOD, data: new Float32Array(6), code: 'FORMAT', says: '24 bytes of numbers' },
    { id: 'a header of no JSON', header: '{"w"', code: 'FORMAT', says: 'not JSON' },
    { id: 'a list', header: '[]', code: 'FORMAT', says: 'object' },
    { id: 'a header longer than the file', header: GOOD, claimed: 1n << 19n, code: 'FORMAT', says: 'header of 524288' },
    { id: 'a header beyond all bounds', header: GOOD, claimed: 2n ** 64n - 1n, code: 'FORMAT', says: 'header of' }
  ])('is refused with $id', async ({ header, code, says, ...rest }) => {
    const at = await fileOf(header, rest)
    await expect(readWeights(at, { layout })).rejects.toMatchObject({
      code: `ERR_WEIGHTS_${code}`,
      message: expect.stringMatching(new RegExp(`^${at}: `))
    })
    await expect(readWeights(at, { layout })).rejects.toThrow(says)
  })

  test.each([
    { id: 'absent', at: () => join(path(), 'nope') },
    { id: 'a folder', at: () => join(path(), '..') }
  ])('is refused when it is $id', async ({ at }) => {
    await expect(readWeights(at(), { layout })).rejects.toMatchObject({ code: 'ERR_WEIGHTS_UNREADABLE' })
    await expect(hashWeights(at())).rejects.toMatchObject({ code: 'ERR_WEIGHTS_UNREADABLE' })
  })

  test('of any size is refused before memory is taken for it', async () => {
    const at = await fileOf(GOOD)
    await truncate(at, 2 ** 32) // sparse: takes no room on the disk
    const before = process.memoryUsage().arrayBuffers
    await expect(readWeights(at, { layout })).rejects.toMatchObject({ code: 'ERR_WEIGHTS_FORMAT' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
    await truncate(at, 2 ** 34)
    await expect(readWeights(at, { layout })).rejects.toMatchObject({ code: 'ERR_WEIGHTS_UNREADABLE' })
  })

  test('is not written with NaN, and a failed write leaves nothing', async () => {
    const at = path()
    await expect(writeWeights(at, layout, nan)).rejects.toMatchObject({ code: 'ERR_WEIGHTS_NOT_FINITE' })
    await expect(writeWeights(join(at, 'below'), layout, MODEL)).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_UNREADABLE'
    })
    expect(await readdir(join(at, '..'))).toEqual([])
  })

  test('damaged anywhere gives the model or one of our errors, never another', async () => {
    const at = path()
    await writeWeights(at, layout, MODEL)
    const bytes = await readFile(at)
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(bytes.length), async (writes, length) => {
        const copy = Buffer.from(bytes)
        for (const [i, value] of writes) copy[i] = value
        await writeFile(at, copy.subarray(0, length < 8 ? length : bytes.length))
        const result = await readWeights(at, { layout }).catch((error: unknown) => error)
        expect(result instanceof WeightsError || result instanceof Float32Array).toBe(true)
      }),
      { seed: 4, numRuns: 300 }
    )
  })
})

test('what is written is on disk before it takes its name, and the name after that', async () => {
  const at = path()
  await writeFile(at, '')
  const file = await open(at)
  const sync = vi.spyOn(Object.getPrototypeOf(file) as FileHandle, 'sync')
  await file.close()
  onTestFinished(() => sync.mockRestore())
  await writeWeights(at, layout, MODEL)

  expect(sync).toHaveBeenCalledTimes(2)
})

test('what can not be written says what to do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-weights-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await writeFile(join(folder, 'file'), '')
  const written = writeWeights(join(folder, 'file', 'x'), layout, MODEL)
  await expect(written).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_UNREADABLE',
    message: expect.stringContaining('part of this path is a file, not a directory: check it')
  })
})
