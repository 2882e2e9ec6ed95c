import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadData } from '../../../src/train/data/load.ts'
import { dataDirectories } from '../../../src/train/data/locate.ts'
import { idx, inputOf, put, targetOf, temporaryFolder } from './files.ts'

const SHARED = '../shared/data'
const NAMES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte'
] as const

/** A complete little set; `changed` replaces files by name. */
function putSet(folder: string, changed: Record<string, Uint8Array> = {}, suffix = ''): void {
  const files: Record<string, Uint8Array> = {
    'train-images-idx3-ubyte': idx([3, 1, 2], [0, 255, 51, 102, 0, 0]),
    'train-labels-idx1-ubyte': idx([3], [0, 2, 1]),
    't10k-images-idx3-ubyte': idx([1, 1, 2], [255, 0]),
    't10k-labels-idx1-ubyte': idx([1], [2]),
    ...changed
  }
  for (const [name, bytes] of Object.entries(files)) put(join(folder, name + suffix), bytes)
}

describe('idx:DIR', () => {
  test.each(['', '.gz'])('reads four files with suffix "%s"', async (suffix) => {
    const folder = temporaryFolder()
    putSet(folder, {}, suffix)
    const { train, test: held } = await loadData(`idx:${folder}`, { seed: 1 })

    expect([train.count, held.count, train.classes]).toEqual([3, 1, 3])
    expect(train.shape).toEqual([1, 2, 1])
    expect([...train.labels]).toEqual([0, 2, 1])
    expect(targetOf(train, 1)).toEqual([2])
    // bytes / 255: 0, 1, 0.2, 0.4, 0, 0, whose mean is 4/15 and variance 0.2 - 16/225
    const scaled = (value: number): number => (value - 4 / 15) / Math.sqrt(0.2 - 16 / 225)
    expect(inputOf(train, 1)[0]).toBeCloseTo(scaled(0.2), 5)
    expect(inputOf(train, 1)[1]).toBeCloseTo(scaled(0.4), 5)
    expect(inputOf(held, 0)[0]).toBeCloseTo(scaled(1), 5)
  })

  test('writes at the offset and nowhere else', async () => {
    const folder = temporaryFolder()
    putSet(folder)
    const { train } = await loadData(`idx:${folder}`, { seed: 1 })
    const out = new Float32Array(4).fill(7)
    train.readInto(0, out, 1)

    expect([out[0], out[3]]).toEqual([7, 7])
    expect(out[2]! - out[1]!).toBeCloseTo(1 / Math.sqrt(0.2 - 16 / 225), 5)
  })

  test.each([
    {
      id: 'truncated images',
      file: { 'train-images-idx3-ubyte': idx([3, 1, 2], [1, 2, 3, 4, 5]) },
      code: 'ERR_DATA_LENGTH',
      says: 'truncated or corrupt'
    },
    {
      id: 'fewer labels than images',
      file: { 'train-labels-idx1-ubyte': idx([2], [0, 1]) },
      code: 'ERR_DATA_MISMATCH',
      says: '3 images'
    },
    {
      id: 'a test label that training never has',
      file: { 't10k-labels-idx1-ubyte': idx([1], [3]) },
      code: 'ERR_DATA_LABEL',
      says: 'label 3 of example 0'
    },
    {
      id: 'test images of another size',
      file: { 't10k-images-idx3-ubyte': idx([1, 2, 2], [1, 2, 3, 4]) },
      code: 'ERR_DATA_MISMATCH',
      says: '1 x 2 but test images are 2 x 2'
    },
    {
      id: 'no images at all',
      file: { 'train-images-idx3-ubyte': idx([0, 1, 2], []), 'train-labels-idx1-ubyte': idx([0], []) },
      code: 'ERR_DATA_TOO_FEW',
      says: 'no images'
    },
    {
      id: 'damaged gzip',
      file: { 'train-images-idx3-ubyte': Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) },
      code: 'ERR_DATA_UNREADABLE',
      says: 'gzip'
    },
    {
      id: 'labels in place of images',
      file: { 'train-images-idx3-ubyte': idx([3], [0, 1, 2]) },
      code: 'ERR_DATA_LENGTH',
      says: 'too few for an IDX header'
    }
  ])('refuses $id', async ({ file, code, says }) => {
    const folder = temporaryFolder()
    putSet(folder, file as Record<string, Uint8Array>)

    await expect(loadData(`idx:${folder}`, { seed: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says)
    })
  })

  test('names the files that are missing', async () => {
    const folder = temporaryFolder()
    put(join(folder, NAMES[0]), idx([1, 1, 1], [1]))
    const loading = loadData(`idx:${folder}`, { seed: 1 })

    await expect(loading).rejects.toMatchObject({ code: 'ERR_DATA_NOT_FOUND', details: { missing: 3 } })
    await expect(loading).rejects.toThrow('t10k-labels-idx1-ubyte')
  })
})

describe('image sets by name', () => {
  test('are looked for in the stated places, in order', () => {
    const root = temporaryFolder()
    put(join(root, 'repo', '.git', 'HEAD'), '')
    const cwd = join(root, 'repo', 'deep', 'inside')
    const debian = '/usr/share/datasets/mnist'
    const shared = join(root, 'shared/data/mnist')

    expect(dataDirectories('mnist', { env: { HOME: '/home/u' }, cwd })).toEqual([
      '/home/u/.local/share/starling/data/mnist',
      debian,
      shared
    ])
    expect(dataDirectories('mnist', { env: { STARLING_DATA: '/d', XDG_DATA_HOME: '/x', HOME: '/h' }, cwd })).toEqual([
      '/d/mnist',
      '/d',
      '/x/starling/data/mnist',
      debian,
      shared
    ])
    // another set's own folder has files of the same names: never mistake one for the other
    expect(dataDirectories('mnist', { env: { STARLING_DATA: '/d/fashion-mnist' }, cwd })).toEqual([
      '/d/fashion-mnist/mnist',
      debian,
      shared
    ])
  })

  test.each(['set/mnist', 'mnist'])('are found through STARLING_DATA, below it and in it (%s)', async (place) => {
    const folder = temporaryFolder()
    putSet(join(folder, place), {}, '.gz')
    const env = { STARLING_DATA: join(folder, place === 'mnist' ? 'mnist' : 'set') }
    const { train } = await loadData('mnist', { seed: 1, env, cwd: folder })

    expect(train.count).toBe(3)
    expect(train.classes).toBe(10)
    expect(inputOf(train, 0)[1]).toBeCloseTo((1 - 0.1307) / 0.3081, 5)
  })

  test('an incomplete folder is passed over for a complete one', async () => {
    const root = temporaryFolder()
    put(join(root, 'first/mnist', NAMES[0]), idx([1, 1, 1], [1]))
    putSet(join(root, 'xdg/starling/data/mnist'))
    const env = { STARLING_DATA: join(root, 'first'), XDG_DATA_HOME: join(root, 'xdg') }

    expect((await loadData('mnist', { seed: 1, env, cwd: root })).train.count).toBe(3)
  })

  test('not found: the error says where it looked, for what, and where to get it', async () => {
    const root = temporaryFolder()
    put(join(root, 'd/mnist', NAMES[0]), idx([1, 1, 1], [1]))
    const env = { STARLING_DATA: join(root, 'd'), HOME: join(root, 'home') }
    const error = await loadData('mnist', { seed: 1, env, cwd: root }).catch((e: unknown) => e)

    expect(error).toMatchObject({ code: 'ERR_DATA_NOT_FOUND', details: { set: 'mnist' } })
    const { message } = error as Error
    for (const part of [
      ...dataDirectories('mnist', { env, cwd: root }),
      ...NAMES,
      'STARLING_DATA',
      'https://yann.lecun.com'
    ]) {
      expect(message).toContain(part)
    }
    expect(message).toContain('missing train-labels, t10k-images, t10k-labels')
  })

  test.skipIf(existsSync('/usr/share/datasets/fashion-mnist'))(
    'fashion-mnist not found: names the download address and the Debian package',
    async () => {
      // nothing lies beside it, as there may beside the folder of all temporary ones
      const cwd = join(temporaryFolder(), 'inner')

      await expect(loadData('fashion-mnist', { seed: 1, cwd })).rejects.toThrow(
        /fashion-mnist\.s3-website\.eu-central-1\.amazonaws\.com.*zalandoresearch.*dataset-fashion-mnist/s
      )
    }
  )

  test('a label that is no class of the set is refused', async () => {
    const folder = temporaryFolder()
    putSet(join(folder, 'mnist'), { 'train-labels-idx1-ubyte': idx([3], [0, 10, 1]) })

    await expect(loadData('mnist', { seed: 1, env: { STARLING_DATA: folder }, cwd: folder })).rejects.toMatchObject({
      code: 'ERR_DATA_LABEL',
      details: { example: 1, label: 10, classes: 10 }
    })
  })

  test('mnist-t10k: every fifth image tests', async () => {
    const folder = temporaryFolder()
    const file = (name: string): string => join(folder, 'mnist-t10k', name)
    const tens = Array.from({ length: 10 }, (_, i) => i)
    put(
      file('t10k-images-idx3-ubyte.gz'),
      idx(
        [10, 1, 1],
        tens.map((i) => 10 * i)
      )
    )
    put(file('t10k-labels-idx1-ubyte.gz'), idx([10], tens))
    const { train, test: held } = await loadData('mnist-t10k', { seed: 1, env: { STARLING_DATA: folder }, cwd: folder })

    expect([...train.labels]).toEqual([0, 1, 2, 3, 5, 6, 7, 8])
    expect([...held.labels]).toEqual([4, 9])
    expect(inputOf(held, 1)[0]).toBeCloseTo((90 / 255 - 0.1307) / 0.3081, 5)
  })
})

describe.skipIf(!existsSync(SHARED))(`the real files (skipped where ${SHARED} is absent)`, () => {
  test.each([
    { name: 'fashion-mnist', counts: [60_000, 10_000], firstLabels: [9, 0, 0, 3] },
    { name: 'mnist-t10k', counts: [8_000, 2_000], firstLabels: [7, 2, 1, 0] }
  ])('$name loads, and its scale is right', async ({ name, counts, firstLabels }) => {
    const { train, test: held } = await loadData(name, { seed: 1, cwd: process.cwd() })

    expect([train.count, held.count]).toEqual(counts)
    expect([...train.labels.subarray(0, 4)]).toEqual(firstLabels)
    let [sum, squares] = [0, 0]
    const n = 2000
    for (let i = 0; i < n; i++) {
      for (const value of inputOf(train, i)) {
        sum += value / (n * 784)
        squares += value ** 2 / (n * 784)
      }
    }
    expect(Math.abs(sum)).toBeLessThan(0.05)
    expect(Math.abs(squares - 1)).toBeLessThan(0.1)
  })

  test('limit takes the first examples', async () => {
    const options = { seed: 1, cwd: process.cwd() }
    const whole = await loadData('mnist-t10k', options)
    const { train, test: held } = await loadData('mnist-t10k', { ...options, limit: { train: 50, test: 20 } })

    expect([train.count, train.labels.length, held.count]).toEqual([50, 50, 20])
    expect(inputOf(train, 49)).toEqual(inputOf(whole.train, 49))
  })
})
