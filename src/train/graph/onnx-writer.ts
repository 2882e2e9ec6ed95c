/** Element types that the graphs use, as ONNX numbers them (TensorProto.DataType). */
const DATA_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9 } as const

export type ElementType = keyof typeof DATA_TYPES

/** An int, a list of ints or a string: the kinds of attribute that the operators here take. */
export type Attribute = number | readonly number[] | string

export interface NodeSpec {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface ValueSpec {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
}

export interface InitializerSpec extends ValueSpec {
  /** Little-endian elements, as in memory on every machine that Node runs on. */
  readonly data: Float32Array | Int32Array | BigInt64Array
}

export interface OnnxModel {
  readonly nodes: readonly NodeSpec[]
  readonly initializers: readonly InitializerSpec[]
  readonly inputs: readonly ValueSpec[]
  readonly outputs: readonly ValueSpec[]
}

/** Of the ONNX standard operators; 21 is the newest that every provider here knows. */
const OPSET = 21
const IR_VERSION = 10
const ATTRIBUTE_INT = 2
const ATTRIBUTE_STRING = 3
const ATTRIBUTE_INTS = 7

const WIRE_VARINT = 0
const WIRE_BYTES = 2

const utf8 = new TextEncoder()

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }

  return out
}

/** Base-128 varint of a 64-bit two's complement integer. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))

  return Uint8Array.from(bytes)
}

const intField = (field: number, value: number): Uint8Array =>
  concat([varint((field << 3) | WIRE_VARINT), varint(value)])

function bytesField(field: number, content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === 'string' ? utf8.encode(content) : content

  return concat([varint((field << 3) | WIRE_BYTES), varint(bytes.length), bytes])
}

function attributeProto(name: string, value: Attribute): Uint8Array {
  if (typeof value === 'number') return concat([bytesField(1, name), intField(3, value), intField(20, ATTRIBUTE_INT)])
  if (typeof value === 'string')
    return concat([bytesField(1, name), bytesField(4, value), intField(20, ATTRIBUTE_STRING)])

  return concat([bytesField(1, name), ...value.map((item) => intField(8, item)), intField(20, ATTRIBUTE_INTS)])
}

function nodeProto({ op, inputs, outputs, attributes }: NodeSpec): Uint8Array {
  return concat([
    ...inputs.map((name) => bytesField(1, name)),
    ...outputs.map((name) => bytesField(2, name)),
    bytesField(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytesField(5, attributeProto(name, value)))
  ])
}

function tensorProto({ name, type, shape, data }: InitializerSpec): Uint8Array {
  return concat([
    ...shape.map((extent) => intField(1, extent)),
    intField(2, DATA_TYPES[type]),
    bytesField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  ])
}

function valueInfoProto({ name, type, shape }: ValueSpec): Uint8Array {
  const dims = concat(shape.map((extent) => bytesField(1, intField(1, extent))))
  const tensorType = concat([intField(1, DATA_TYPES[type]), bytesField(2, dims)])

  return concat([bytesField(1, name), bytesField(2, bytesField(1, tensorType))])
}

/**
 * Serialises a model as ONNX protobuf: the few messages of onnx.proto that a
 * graph of standard operators with static shapes needs.
 *
 * Source: github.com/onnx/onnx, onnx/onnx.proto (field numbers).
 */
export function writeOnnx({ nodes, initializers, inputs, outputs }: OnnxModel): Uint8Array {
  const graph = concat([
    ...nodes.map((node) => bytesField(1, nodeProto(node))),
    bytesField(2, 'starling'),
    ...initializers.map((tensor) => bytesField(5, tensorProto(tensor))),
    ...inputs.map((value) => bytesField(11, valueInfoProto(value))),
    ...outputs.map((value) => bytesField(12, valueInfoProto(value)))
  ])
  const opset = concat([bytesField(1, ''), intField(2, OPSET)])

  return concat([intField(1, IR_VERSION), bytesField(2, 'starling'), bytesField(7, graph), bytesField(8, opset)])
}
