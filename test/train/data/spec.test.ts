import { describe, expect, test } from 'vitest'
import { loadData } from '../../../src/train/data/load.ts'
import { dataNames, parseDataSpec } from '../../../src/train/data/spec.ts'

describe('parseDataSpec', () => {
  test.each([
    { spec: 'glyphs', expected: { kind: 'glyphs' } },
    { spec: 'mnist-t10k', expected: { kind: 'images', name: 'mnist-t10k' } },
    { spec: 'idx:a/b', expected: { kind: 'idx', path: 'a/b' } },
    { spec: 'csv:C:\\x.csv', expected: { kind: 'csv', path: 'C:\\x.csv' } },
    { spec: 'text:t.txt', expected: { kind: 'text', path: 't.txt', length: 128 } },
    { spec: 'text:t.txt?length=64', expected: { kind: 'text', path: 't.txt', length: 64 } }
  ])('$spec', ({ spec, expected }) => {
    expect(parseDataSpec(spec)).toEqual(expected)
  })

  test.each([
    { spec: 'glyph', says: 'did you mean "glyphs"' },
    { spec: 'Fashion_MNIST', says: 'did you mean "fashion-mnist"' },
    { spec: 'minst', says: 'did you mean "mnist"' },
    { spec: 'cvs:x', says: 'did you mean "csv:PATH"' },
    { spec: '', says: 'unknown data ""' },
    { spec: 'constructor', says: 'unknown data' },
    { spec: 'csv:', says: 'a path must follow' },
    { spec: 'text:t?length=0', says: '1 to 8192' },
    { spec: 'text:t?length=9000', says: '1 to 8192' },
    { spec: 'text:t?width=3', says: '?length=N' }
  ])('refuses "$spec"', ({ spec, says }) => {
    expect(() => parseDataSpec(spec)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(says) })
    )
  })

  test('an unknown name is answered with all valid ones', async () => {
    const error = await loadData('cifar', { seed: 1 }).catch((e: unknown) => e)
    for (const name of dataNames) expect((error as Error).message).toContain(name)
  })

  test.each([0, 1.5, Number.NaN])('refuses a limit of %s', async (train) => {
    await expect(loadData('glyphs', { seed: 1, limit: { train } })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID'
    })
  })
})
