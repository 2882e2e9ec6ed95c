import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { CodedError } from '../interface/errors.ts'
import { elementCount, type Layout, type Params, type TensorSpec } from '../interface/params.ts'
import { describeSystemError } from '../interface/system-error.ts'
import {
  dataBytes,
  headerOf,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  type PlacedTensor,
  placeTensors,
  WeightsError
} from './weights-header.ts'

/** Larger than any model that fits into a process; a path may lead to a file of any size. */
const MAX_FILE_BYTES = 2 ** 32 + MAX_HEADER_BYTES
const CHUNK_BYTES = 1 << 20

export interface WeightsExpectation {
  layout: Layout
  /** Of the whole file, in hex; any when absent. */
  sha256?: string
}

/** @returns the SHA-256 of the file, in hex. @throws {WeightsError} ERR_WEIGHTS_UNREADABLE */
export async function hashWeights(path: string): Promise<string> {
  return withFile(path, async (file, size) => {
    const hash = createHash('sha256')
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size))
    for (let at = 0; at < size; at += chunk.length) {
      await readExactly(file, chunk.subarray(0, size - at), at, hash)
    }

    return hash.digest('hex')
  })
}

/**
 * Reads a model from a safetensors file: F32 tensors under the names of the layout, in any order, and nothing else. The
 * numbers are read only after everything that is said of them has been checked, so no file makes us allocate more than
 * the model takes and a bounded header.
 *
 * Source: the safetensors format 0.4, https://github.com/huggingface/safetensors; `__metadata__` is not looked at.
 *
 * @returns shape (layout.dim), all finite
 * @throws {WeightsError} ERR_WEIGHTS_*; each message begins with the path
 */
export function readWeights(path: string, { layout, sha256 }: WeightsExpectation): Promise<Params> {
  return withFile(path, async (file, size) => {
    const hash = createHash('sha256')
    const headerBytes = await readHeaderLength(file, size, hash)
    const header = new Uint8Array(headerBytes)
    await readExactly(file, header, LENGTH_BYTES, hash)
    const placed = placeTensors(new TextDecoder().decode(header), layout)
    const start = LENGTH_BYTES + headerBytes
    if (size !== start + dataBytes(layout)) {
      throw new WeightsError(
        'ERR_WEIGHTS_FORMAT',
        `${size - start} bytes of numbers, and the model has ${dataBytes(layout)}`
      )
    }

    const params = new Float32Array(layout.dim)
    for (const tensor of placed) await readTensor(file, start, tensor, params, hash)
    checkHash(hash.digest('hex'), sha256)

    return params
  })
}

/**
 * A model as a safetensors file, in parts.
 *
 * @throws {WeightsError} ERR_WEIGHTS_NOT_FINITE
 */
export function encodeWeights(layout: Layout, params: Params): Uint8Array[] {
  for (const tensor of layout.tensors) checkFinite(tensor, params)

  const header = new TextEncoder().encode(headerOf(layout))
  const length = new DataView(new ArrayBuffer(LENGTH_BYTES))
  length.setBigUint64(0, BigInt(header.length), true)

  return [new Uint8Array(length.buffer), header, bytesOf(params)]
}

async function withFile<T>(path: string, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const stats = await file.stat()
    if (!stats.isFile()) throw new WeightsError('ERR_WEIGHTS_UNREADABLE', 'is not a file')
    if (stats.size > MAX_FILE_BYTES) {
      throw new WeightsError('ERR_WEIGHTS_UNREADABLE', `${stats.size} bytes, more than any model here has`)
    }

    return await work(file, stats.size)
  } catch (cause) {
    throw unreadable(path, cause)
  } finally {
    await file?.close()
  }
}

/** Puts the path in front; what the file system says becomes ERR_WEIGHTS_UNREADABLE. */
function unreadable(path: string, cause: unknown): WeightsError {
  if (cause instanceof WeightsError) {
    return new WeightsError(cause.code, `${path}: ${cause.message}`, cause.details, { cause })
  }
  if (cause instanceof CodedError) throw cause

  return new WeightsError('ERR_WEIGHTS_UNREADABLE', `${path}: ${describeSystemError(cause)}`, {}, { cause })
}

/** @returns how long the header is, which is neither more than the file has nor more than any header needs */
async function readHeaderLength(file: FileHandle, size: number, hash: Hash): Promise<number> {
  const field = new Uint8Array(LENGTH_BYTES)
  await readExactly(file, field, 0, hash)
  const length = new DataView(field.buffer).getBigUint64(0, true)
  const most = Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES)
  if (length > BigInt(most)) {
    throw new WeightsError(
      'ERR_WEIGHTS_FORMAT',
      `not a safetensors file: a header of ${length} bytes, of ${most} at most`
    )
  }

  return Number(length)
}

async function readTensor(
  file: FileHandle,
  start: number,
  { tensor, from, bytes }: PlacedTensor,
  params: Params,
  hash: Hash
): Promise<void> {
  const at = tensor.offset * Float32Array.BYTES_PER_ELEMENT
  const target = bytesOf(params).subarray(at, at + bytes)
  await readExactly(file, target, start + from, hash)
  checkFinite(tensor, params)
}

async function readExactly(file: FileHandle, out: Uint8Array, position: number, hash: Hash): Promise<void> {
  for (let done = 0; done < out.length; ) {
    const length = Math.min(CHUNK_BYTES, out.length - done)
    const { bytesRead } = await file.read(out, done, length, position + done)
    if (bytesRead === 0) throw new WeightsError('ERR_WEIGHTS_FORMAT', 'the file ends too early')
    done += bytesRead
  }
  hash.update(out)
}

function checkFinite({ name, offset, shape }: TensorSpec, params: Params): void {
  const end = offset + elementCount(shape)
  for (let i = offset; i < end; i++) {
    if (!Number.isFinite(params[i]!)) {
      throw new WeightsError('ERR_WEIGHTS_NOT_FINITE', `tensor "${name}" has a value that is no finite number`, {
        element: i - offset
      })
    }
  }
}

function checkHash(found: string, wanted: string | undefined): void {
  if (wanted === undefined || found === wanted) return

  throw new WeightsError(
    'ERR_WEIGHTS_HASH',
    `the file's SHA-256 is ${found}, and the job's start is ${wanted}: not the model that the others begin with`
  )
}

function bytesOf(params: Params): Uint8Array {
  return new Uint8Array(params.buffer, params.byteOffset, params.byteLength)
}
