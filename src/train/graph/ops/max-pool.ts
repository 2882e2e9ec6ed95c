import type { Graph, Value } from '../graph.ts'
import { GraphError } from '../shape.ts'
import { div, mul } from './elementwise.ts'
import { toFloat } from './one-hot.ts'

const WINDOW = 2
const POOLING = { kernel_shape: [WINDOW, WINDOW], strides: [WINDOW, WINDOW] } as const

/**
 * Largest element of each window of 2x2 pixels; windows don't overlap. Where
 * several elements are largest, the derivative is shared out evenly among them.
 *
 * The derivative compares each pixel with its window's largest. MaxPool could
 * say where that was, but not on WebGPU.
 *
 * @param x - shape (n, channels, height, width), both sides even
 * @returns shape (n, channels, height / 2, width / 2)
 */
export function maxPool2x2(g: Graph, x: Value): Value {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  const shape = [n, channels, height / WINDOW, width / WINDOW]
  if (x.shape.length !== 4 || !shape.every(Number.isInteger)) throw new GraphError(`2x2 pooling of (${x.shape})`)

  const y = g.emit('MaxPool', [x], shape, POOLING)
  g.record([y], [x], (dy) => {
    const largest = toFloat(g, g.emit('Equal', [x, repeat2x2(g, y)], x.shape, {}, 'bool'))
    const count = mul(g, g.emit('AveragePool', [largest], shape, POOLING), WINDOW * WINDOW)

    return [mul(g, largest, repeat2x2(g, div(g, dy!, count)))]
  })

  return y
}

/** Each pixel as a window of 2x2 equal ones. */
function repeat2x2(g: Graph, x: Value): Value {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  const scales = g.constant('scales 1 1 2 2', [4], (out) => out.set([1, 1, WINDOW, WINDOW]))

  return g.emit('Resize', [x, undefined, scales], [n, channels, WINDOW * height, WINDOW * width], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor'
  })
}
