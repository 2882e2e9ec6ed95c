import { createHash } from 'node:crypto'
import type { Checkpoint } from './checkpoint.ts'
import { HASH_BYTES, MAGIC, PIECE_BYTES, PREFIX_BYTES, VERSION } from './format.ts'
import { bytesOf, encodeHeader } from './header.ts'

/** A checkpoint's file. */
export interface EncodedCheckpoint {
  readonly bytes: number
  /** In pieces, hashed as they are taken. Reads the vectors: they stay as they are until the last one. */
  pieces(): Generator<Uint8Array>
}

export function encodeCheckpoint(checkpoint: Checkpoint): EncodedCheckpoint {
  const header = encodeHeader(checkpoint)
  const vectors = Object.values(checkpoint.state.vectors).map(bytesOf)
  const bytes =
    PREFIX_BYTES + header.byteLength + vectors.reduce((sum, { byteLength }) => sum + byteLength, 0) + HASH_BYTES

  return {
    bytes,
    *pieces() {
      const hash = createHash('sha256')
      for (const part of [prefix(bytes, header.byteLength), header, ...vectors]) {
        for (let at = 0; at < part.byteLength; at += PIECE_BYTES) {
          const piece = part.subarray(at, at + PIECE_BYTES)
          hash.update(piece)
          yield piece
        }
      }
      yield hash.digest()
    }
  }
}

function prefix(bytes: number, headerBytes: number): Uint8Array {
  const out = new Uint8Array(PREFIX_BYTES)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, VERSION, true)
  view.setBigUint64(8, BigInt(bytes), true)
  view.setUint32(16, headerBytes, true)

  return out
}
