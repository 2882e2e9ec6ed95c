import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readData } from '../../../src/train/data/read-file.ts'
import { put, temporaryFolder } from './files.ts'

describe('readData', () => {
  const text = 'one two three '.repeat(100)

  test.each(['plain', 'packed.gz'])('reads %s', async (name) => {
    const path = put(join(temporaryFolder(), name), text)
    expect(Buffer.from(await readData(path)).toString()).toBe(text)
  })

  test('goes by the content, not by the name', async () => {
    const path = put(join(temporaryFolder(), 'packed'), gzipSync(text))
    expect(Buffer.from(await readData(path)).toString()).toBe(text)
  })

  test('a missing file', async () => {
    const path = join(temporaryFolder(), 'none')
    await expect(readData(path)).rejects.toMatchObject({ code: 'ERR_DATA_NOT_FOUND', details: { where: path } })
  })

  test('a folder', async () => {
    await expect(readData(temporaryFolder())).rejects.toMatchObject({ code: 'ERR_DATA_UNREADABLE' })
  })

  test.each([
    { id: 'cut short', damage: (packed: Buffer) => packed.subarray(0, packed.length - 9) },
    {
      id: 'one bit flipped',
      damage: (packed: Buffer) => {
        packed[packed.length - 6]! ^= 1
        return packed
      }
    }
  ])('gzip that is $id', async ({ damage }) => {
    const path = put(join(temporaryFolder(), 'packed'), damage(gzipSync(text)))
    await expect(readData(path)).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message: expect.stringMatching(/damaged or incomplete gzip \(Z_\w+\)/)
    })
  })
})
