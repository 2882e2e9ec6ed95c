import type { Tensor } from 'onnxruntime-node'
import { elementCount } from '../../interface/params.ts'
import type { EvaluateProgram, FlatPort, Port } from '../program.ts'
import type { Runtime } from './runtime.ts'

/** Tensors by the name of a graph's input or output. */
export type Tensors = Record<string, Tensor>

type FrozenPorts = Pick<EvaluateProgram, 'frozen' | 'frozenDim'>

/** A buffer onnxruntime reads from or writes to in place, with the array that fills or reads it. */
export interface Slot<A extends Float32Array | Int32Array> {
  readonly array: A
  readonly tensor: Tensor
}

export function floatSlot({ Tensor }: Runtime, port: Port): Slot<Float32Array> {
  const array = new Float32Array(elementCount(port.shape))

  return { array, tensor: new Tensor('float32', array, port.shape) }
}

export function intSlot({ Tensor }: Runtime, port: Port): Slot<Int32Array> {
  const array = new Int32Array(elementCount(port.shape))

  return { array, tensor: new Tensor('int32', array, port.shape) }
}

export function slot(ort: Runtime, port: Port): Slot<Float32Array | Int32Array> {
  return port.type === 'float32' ? floatSlot(ort, port) : intSlot(ort, port)
}

/** The frozen tensors under the names of a graph's inputs; none when all are trained. */
export function frozenViews(
  ort: Runtime,
  frozen: Float32Array | undefined,
  { frozen: ports, frozenDim }: FrozenPorts
): Tensors {
  if (frozenDim === 0) return {}
  if (frozen?.length !== frozenDim) throw new TypeError(`this program needs ${frozenDim} frozen params`)

  return inputViews(ort, frozen, ports)
}

/** Each port's stretch of `flat`, shared and not copied, under the names of a graph's inputs. */
export function inputViews(ort: Runtime, flat: Float32Array, ports: readonly FlatPort[]): Tensors {
  return Object.fromEntries(ports.map((port) => [port.input, view(ort, flat, port)]))
}

/** The same under the names of a graph's outputs. */
export function outputViews(ort: Runtime, flat: Float32Array, ports: readonly FlatPort[]): Tensors {
  return Object.fromEntries(ports.map((port) => [outputName(port), view(ort, flat, port)]))
}

export function outputName(port: FlatPort): string {
  if (port.output === undefined) throw new TypeError(`${port.input} is not updated by this program`)

  return port.output
}

function view({ Tensor }: Runtime, flat: Float32Array, { offset, shape }: FlatPort): Tensor {
  return new Tensor('float32', flat.subarray(offset, offset + elementCount(shape)), shape)
}
