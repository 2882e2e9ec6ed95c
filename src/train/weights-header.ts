import { CodedError, type ErrorDetails } from '../interface/errors.ts'
import { elementCount, type Layout, type TensorSpec } from '../interface/params.ts'

/** Length of the field in front of the header, a uint64. */
export const LENGTH_BYTES = 8
/** Ten thousand tensors' worth; the format itself allows a hundred times as much. */
export const MAX_HEADER_BYTES = 1 << 20
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT
/** Most of a name from a file that a message repeats. */
const MAX_NAME_LENGTH = 64

export type WeightsErrorCode =
  | 'ERR_WEIGHTS_UNREADABLE'
  | 'ERR_WEIGHTS_FORMAT'
  | 'ERR_WEIGHTS_MISSING'
  | 'ERR_WEIGHTS_EXTRA'
  | 'ERR_WEIGHTS_SHAPE'
  | 'ERR_WEIGHTS_NOT_FINITE'
  | 'ERR_WEIGHTS_HASH'

/** A file of weights is not one, or not of this model. */
export class WeightsError extends CodedError<WeightsErrorCode> {
  constructor(code: WeightsErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(code, message, details, options)
  }
}

/** Where a tensor's numbers stand in the file, counted from the end of the header, and where they belong. */
export interface PlacedTensor {
  readonly tensor: TensorSpec
  readonly from: number
  readonly bytes: number
}

/** Bytes of the numbers of a model. */
export function dataBytes({ dim }: Layout): number {
  return dim * FLOAT_BYTES
}

/**
 * Checks the header of a safetensors file against a model: every tensor there once, as F32, of the right shape, and
 * together all of the data, without gaps or overlaps.
 *
 * @param header - the JSON text, already bounded in length
 * @returns the tensors in the order of the file
 * @throws {WeightsError} ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISSING, ERR_WEIGHTS_EXTRA, ERR_WEIGHTS_SHAPE
 */
export function placeTensors(header: string, layout: Layout): PlacedTensor[] {
  const entries = entriesOf(header)
  const known = new Map(layout.tensors.map((tensor) => [tensor.name, tensor]))
  const placed = entries.map(([name, entry]) => {
    const tensor = known.get(name)
    if (tensor === undefined) {
      throw new WeightsError('ERR_WEIGHTS_EXTRA', `tensor ${quoted(name)} is none of the model's`)
    }

    return place(tensor, entry)
  })
  const present = new Set(placed.map(({ tensor }) => tensor))
  const missing = layout.tensors.find((tensor) => !present.has(tensor))
  if (missing !== undefined) throw new WeightsError('ERR_WEIGHTS_MISSING', `tensor ${quoted(missing.name)} is missing`)

  return contiguous(placed)
}

/** @returns the header's text for a model, padded with spaces to whole floats */
export function headerOf({ tensors }: Layout): string {
  const entries = tensors.map(({ name, shape, offset }) => {
    const from = offset * FLOAT_BYTES
    return [name, { dtype: 'F32', shape, data_offsets: [from, from + elementCount(shape) * FLOAT_BYTES] }]
  })
  const text = JSON.stringify(Object.fromEntries(entries))

  return text.padEnd(Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES)
}

function entriesOf(header: string): [string, unknown][] {
  let parsed: unknown
  try {
    parsed = JSON.parse(header)
  } catch {
    throw new WeightsError('ERR_WEIGHTS_FORMAT', 'the header is not JSON')
  }
  if (!isRecord(parsed)) throw new WeightsError('ERR_WEIGHTS_FORMAT', 'the header is not an object')

  // free text for people; nothing here depends on it
  return Object.entries(parsed).filter(([name]) => name !== '__metadata__')
}

function place(tensor: TensorSpec, entry: unknown): PlacedTensor {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {}
  const name = quoted(tensor.name)
  if (dtype !== 'F32') throw new WeightsError('ERR_WEIGHTS_FORMAT', `tensor ${name} is not of type F32`)
  if (!isList(shape) || !isList(offsets) || offsets.length !== 2) {
    throw new WeightsError('ERR_WEIGHTS_FORMAT', `tensor ${name} lacks a shape or two offsets of whole numbers`)
  }
  if (shape.length !== tensor.shape.length || shape.some((extent, axis) => extent !== tensor.shape[axis])) {
    const [has, wanted] = [shape.slice(0, 8).join(', '), tensor.shape.join(', ')]
    throw new WeightsError('ERR_WEIGHTS_SHAPE', `tensor ${name} is of shape (${has}) and should be (${wanted})`)
  }
  const [from, to] = offsets as [number, number]
  const bytes = elementCount(tensor.shape) * FLOAT_BYTES
  if (to - from !== bytes) {
    throw new WeightsError('ERR_WEIGHTS_FORMAT', `tensor ${name} takes ${to - from} bytes and should take ${bytes}`)
  }

  return { tensor, from, bytes }
}

function contiguous(placed: readonly PlacedTensor[]): PlacedTensor[] {
  const ordered = placed.toSorted((a, b) => a.from - b.from)
  let at = 0
  for (const { tensor, from, bytes } of ordered) {
    if (from !== at) {
      const where = `tensor ${quoted(tensor.name)} begins at byte ${from}, not at ${at}`
      throw new WeightsError('ERR_WEIGHTS_FORMAT', `${where}: gaps and overlaps are not allowed`)
    }
    at += bytes
  }

  return ordered
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list of whole numbers >= 0. */
function isList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => Number.isSafeInteger(number) && number >= 0)
}

/** As JSON, so that control characters from a file reach no terminal. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, MAX_NAME_LENGTH))
}
