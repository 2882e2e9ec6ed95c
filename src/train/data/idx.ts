import { DataError } from './data-error.ts'

/** Third byte of the magic number: unsigned bytes, the only type that image sets use. */
const UNSIGNED_BYTE = 0x08
const MAGIC_BYTES = 4
const EXTENT_BYTES = 4

/** An array of unsigned bytes with its shape, first axis outermost. */
export interface IdxArray {
  readonly shape: readonly number[]
  /** A view of the file's bytes, length = product of `shape`. */
  readonly data: Uint8Array
}

/**
 * Decodes IDX: two zero bytes, a type, the number of axes, each extent as
 * big-endian uint32, then the values.
 *
 * Source: the format description at the MNIST page of LeCun, Cortes and Burges.
 *
 * @param bytes - the unpacked file; the result is a view of it
 * @param axes - how many axes the caller needs: 1 for labels, 3 for images
 * @param path - for the error
 * @throws {DataError} ERR_DATA_FORMAT: not IDX, not bytes, other number of axes; ERR_DATA_LENGTH
 */
export function decodeIdx(bytes: Uint8Array, axes: number, path: string): IdxArray {
  checkMagic(bytes, axes, path)

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(MAGIC_BYTES + axis * EXTENT_BYTES))
  const data = bytes.subarray(headerBytes(axes))
  const expected = shape.reduce((product, extent) => product * extent, 1)

  if (data.length !== expected) {
    throw new DataError('ERR_DATA_LENGTH', {
      where: path,
      problem: `its header announces ${shape.join(' x ')} = ${expected} values, but ${data.length} follow`,
      remedy: 'The file is truncated or corrupt: download it again',
      details: { expected, got: data.length }
    })
  }

  return { shape, data }
}

function headerBytes(axes: number): number {
  return MAGIC_BYTES + axes * EXTENT_BYTES
}

function checkMagic(bytes: Uint8Array, axes: number, path: string): void {
  if (bytes.length < headerBytes(axes)) {
    throw new DataError('ERR_DATA_LENGTH', {
      where: path,
      problem: `${bytes.length} bytes are too few for an IDX header of ${headerBytes(axes)}`,
      remedy: 'The file is truncated: download it again',
      details: { expected: headerBytes(axes), got: bytes.length }
    })
  }

  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === UNSIGNED_BYTE && bytes[3] === axes) return

  const got = Buffer.from(bytes.subarray(0, MAGIC_BYTES)).toString('hex')
  const expected = `0000080${axes}`
  throw new DataError('ERR_DATA_FORMAT', {
    where: path,
    problem: `starts with ${got}, not with the IDX magic number ${expected}`,
    remedy: `It must hold unsigned bytes with ${axes} ${axes === 1 ? 'axis' : 'axes'}: check that images and labels are not swapped`,
    details: { expected, got }
  })
}
