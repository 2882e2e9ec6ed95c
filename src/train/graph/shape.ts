import { CodedError } from '../../interface/errors.ts'

export type Shape = readonly number[]

/** A graph was put together wrongly: operands that don't fit. Never the doing of data or peers. */
export class GraphError extends CodedError<'ERR_GRAPH_SHAPE'> {
  constructor(message: string) {
    super('ERR_GRAPH_SHAPE', message)
  }
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis])
}

/** Shape of an elementwise result under NumPy's rules, which are ONNX's. */
export function broadcastShape(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length)

  return Array.from({ length: rank }, (_, axis) => {
    const x = a[a.length - rank + axis] ?? 1
    const y = b[b.length - rank + axis] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new GraphError(`shapes (${a}) and (${b}) don't broadcast`)

    return x === 1 ? y : x
  })
}

/** Axes counted from the front, sorted; negative ones count from the back. */
export function resolveAxes(axes: readonly number[], rank: number): number[] {
  const resolved = axes.map((axis) => (axis < 0 ? axis + rank : axis))
  if (resolved.some((axis) => axis < 0 || axis >= rank))
    throw new GraphError(`axes (${axes}) of a tensor of rank ${rank}`)

  return resolved.sort((a, b) => a - b)
}

/** The shape with the given axes reduced to 1. */
export function reducedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
}
