import type { Graph, Value } from '../graph.ts'

export interface Shifts {
  /** 2 for shifts downwards, 3 for shifts to the side. */
  readonly axis: 2 | 3
  /** How many shifts, a pixel apart; at most 3. */
  readonly count: number
  /** Every how many pixels of a shifted image are kept along the axis. */
  readonly stride: number
  /** Zeros added on both sides along the axis. */
  readonly padding: number
  /** Whether the last shift comes first. */
  readonly reversed: boolean
}

/** Grouped Conv of 5, 6, 7, 9, ... kernels a group is wrong on WebGPU: it computes four channels at once, of one group. */
export const MAX_SHIFTS = 3

/**
 * Copies of each channel, shifted along one axis.
 *
 * They are a convolution of each channel by kernels of a single one. On a CPU
 * that is faster than slices and their concatenation, which onnxruntime does on
 * one thread, and it needs no padded copy. Channels stay groups rather than
 * becoming images of one channel, for which onnxruntime would choose a blocked
 * layout and spend as long on undoing it.
 *
 * @param x - shape (n, channels, height, width)
 * @returns shape (n, channels * count, height, width), but for the axis
 */
export function shiftedImages(g: Graph, x: Value, shifts: Shifts): Value {
  const { axis, count, stride, padding } = shifts
  if (count === 1 && stride === 1 && padding === 0) return x

  const [n, channels, height, width] = x.shape as [number, number, number, number]
  const along = <T>(value: T, across: T): [T, T] => (axis === 2 ? [value, across] : [across, value])
  const kept = Math.floor((x.shape[axis]! + 2 * padding - count) / stride) + 1
  const side = axis === 2 ? [kept, width] : [height, kept]
  const window = along(count, 1)
  const pads = along(padding, 0)

  return g.emit('Conv', [x, oneHotKernels(g, channels, window, shifts)], [n, channels * count, ...side], {
    kernel_shape: window,
    strides: along(stride, 1),
    pads: [...pads, ...pads],
    group: channels
  })
}

/** Kernels that pick one pixel each, all of them for each channel: shape (channels * count, 1, ...window). */
function oneHotKernels(g: Graph, channels: number, window: readonly number[], { count, reversed }: Shifts): Value {
  const key = reversed ? 'one-hot kernels, reversed' : 'one-hot kernels'

  return g.constant(key, [channels * count, 1, ...window], (out) => {
    for (let kernel = 0; kernel < channels * count; kernel++) {
      const pixel = kernel % count
      out[kernel * count + (reversed ? count - 1 - pixel : pixel)] = 1
    }
  })
}
