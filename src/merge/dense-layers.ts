import { InvalidConfigError } from '../interface/errors.ts'
import type { Layout, TensorSpec } from '../interface/params.ts'

/** One affine map of a multilayer perceptron, and where it lies in the flat vector. */
export interface DenseLayer {
  readonly fanIn: number
  readonly fanOut: number
  /** The weight from input k to output j is at offset + k * inStride + j * outStride. */
  readonly offset: number
  readonly inStride: number
  readonly outStride: number
  /** Where the biases are, one for each output. */
  readonly biasOffset: number | undefined
}

interface KernelAndBias {
  kernel: TensorSpec
  bias: TensorSpec | undefined
}

type Orientation = 'in-out' | 'out-in'

/**
 * Reads a layout as a multilayer perceptron: kernels of rank 2 (kind kernel or head), each with its bias after it or
 * without one, each taking what the one before gives. Kernels are [in, out] as in `train`, or all [out, in]; where both
 * fit, as when all are square, [in, out]. Between them only functions of single units may stand: a layout can't say so.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID naming the first tensor that doesn't fit
 */
export function denseLayers(layout: Layout): DenseLayer[] {
  const pairs = pairTensors(layout)
  const misfit = findMisfit(pairs, 'in-out')
  if (misfit === undefined) return pairs.map((pair) => placeLayer(pair, 'in-out'))
  if (findMisfit(pairs, 'out-in') !== undefined) throw misunderstood(misfit)

  return pairs.map((pair) => placeLayer(pair, 'out-in'))
}

function pairTensors({ tensors }: Layout): KernelAndBias[] {
  const pairs: KernelAndBias[] = []
  for (const tensor of tensors) {
    const last = pairs.at(-1)
    if (isKernel(tensor)) pairs.push({ kernel: tensor, bias: undefined })
    else if (isBias(tensor) && last !== undefined && last.bias === undefined) last.bias = tensor
    else throw misunderstood(tensor)
  }

  return pairs
}

// the bias of a head is of kind head in some models
const isKernel = ({ kind, shape }: TensorSpec) => shape.length === 2 && (kind === 'kernel' || kind === 'head')
const isBias = ({ kind, shape }: TensorSpec) => shape.length === 1 && (kind === 'bias' || kind === 'head')

function findMisfit(pairs: readonly KernelAndBias[], orientation: Orientation): TensorSpec | undefined {
  let width: number | undefined
  for (const { kernel, bias } of pairs) {
    const [fanIn, fanOut] = extents(kernel, orientation)
    if (width !== undefined && fanIn !== width) return kernel
    if (bias !== undefined && bias.shape[0] !== fanOut) return bias
    width = fanOut
  }

  return undefined
}

function extents({ shape }: TensorSpec, orientation: Orientation): [number, number] {
  return orientation === 'in-out' ? [shape[0]!, shape[1]!] : [shape[1]!, shape[0]!]
}

function placeLayer({ kernel, bias }: KernelAndBias, orientation: Orientation): DenseLayer {
  const [fanIn, fanOut] = extents(kernel, orientation)
  const isInOut = orientation === 'in-out'

  return {
    fanIn,
    fanOut,
    offset: kernel.offset,
    inStride: isInOut ? fanOut : 1,
    outStride: isInOut ? 1 : fanIn,
    biasOffset: bias?.offset
  }
}

function misunderstood({ name, shape, kind }: TensorSpec): InvalidConfigError {
  return new InvalidConfigError(
    `merge aligned: tensor "${name}" (${kind}, [${shape.join(', ')}]) does not fit into a multilayer perceptron, ` +
      'the only kind of model that can be aligned: use mean or variance-corrected',
    { tensor: name }
  )
}
