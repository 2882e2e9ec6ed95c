import { describe, expect, test } from 'vitest'
import { decodeIdx } from '../../../src/train/data/idx.ts'
import { idx } from './files.ts'

describe('decodeIdx', () => {
  test('reads shape and values, from a buffer at an odd offset too', () => {
    const file = idx([2, 1, 3], [1, 2, 3, 4, 5, 255])
    const shifted = Buffer.concat([Buffer.from([9, 9, 9]), file]).subarray(3)

    for (const bytes of [file, shifted]) {
      const { shape, data } = decodeIdx(bytes, 3, 'f')
      expect(shape).toEqual([2, 1, 3])
      expect([...data]).toEqual([1, 2, 3, 4, 5, 255])
    }
  })

  const good = idx([2, 3], [1, 2, 3, 4, 5, 6])
  const withByte = (position: number, value: number): Buffer => {
    const copy = Buffer.from(good)
    copy[position] = value
    return copy
  }

  test.each([
    { id: 'empty', bytes: Buffer.alloc(0), code: 'ERR_DATA_LENGTH', says: '0 bytes are too few' },
    { id: 'cut in the header', bytes: good.subarray(0, 11), code: 'ERR_DATA_LENGTH', says: 'header of 12' },
    { id: 'cut in the data', bytes: good.subarray(0, 17), code: 'ERR_DATA_LENGTH', says: '2 x 3 = 6 values, but 5' },
    { id: 'one byte too many', bytes: Buffer.concat([good, Buffer.alloc(1)]), code: 'ERR_DATA_LENGTH', says: 'but 7' },
    { id: 'an extent of 4 billion', bytes: withByte(4, 0xff), code: 'ERR_DATA_LENGTH', says: 'but 6 follow' },
    { id: 'first byte', bytes: withByte(0, 1), code: 'ERR_DATA_FORMAT', says: '01000802' },
    { id: 'floats instead of bytes', bytes: withByte(2, 0x0d), code: 'ERR_DATA_FORMAT', says: '00000d02' },
    { id: 'labels where images belong', bytes: withByte(3, 1), code: 'ERR_DATA_FORMAT', says: '00000801' },
    { id: 'a web page', bytes: Buffer.from('<!DOCTYPE html>'), code: 'ERR_DATA_FORMAT', says: '3c21444f' }
  ])('refuses $id', ({ bytes, code, says }) => {
    expect(() => decodeIdx(bytes, 2, 'some-file')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) })
    )
    expect(() => decodeIdx(bytes, 2, 'some-file')).toThrow(/^some-file: .*\. .+/)
  })
})
