import { causalAttention } from '../../../src/train/graph/ops/attention.ts'
import { conv2d } from '../../../src/train/graph/ops/conv2d.ts'
import { crossEntropy } from '../../../src/train/graph/ops/cross-entropy.ts'
import * as elementwise from '../../../src/train/graph/ops/elementwise.ts'
import { embedding } from '../../../src/train/graph/ops/embedding.ts'
import { gelu } from '../../../src/train/graph/ops/gelu.ts'
import { groupNorm } from '../../../src/train/graph/ops/group-norm.ts'
import { layerNorm } from '../../../src/train/graph/ops/layer-norm.ts'
import { linear, matMul } from '../../../src/train/graph/ops/matmul.ts'
import { maxPool2x2 } from '../../../src/train/graph/ops/max-pool.ts'
import { reduceMean, reduceSum } from '../../../src/train/graph/ops/reduce.ts'
import { relu } from '../../../src/train/graph/ops/relu.ts'
import { concat, expand, reshape, split, transpose } from '../../../src/train/graph/ops/reshape.ts'
import { logSoftmax, softmax } from '../../../src/train/graph/ops/softmax.ts'
import type { Operator } from './harness.ts'

const { add, div, exp, log, mul, neg, reciprocal, sigmoid, sqrt, sub, tanh } = elementwise
const A = { transposeA: true }
const B = { transposeB: true }

/** The operators by the ids of test/fixtures/gradients/operators.json, where scripts/fixtures/gradients.py defines them. */
export const operators: Readonly<Record<string, Operator>> = {
  add: (g, a, b) => add(g, a!, b!),
  'add the same twice': (g, a) => add(g, a!, a!),
  sub: (g, a, b) => sub(g, a!, b!),
  mul: (g, a, b) => mul(g, a!, b!),
  'mul by a number': (g, a) => mul(g, a!, -2.5),
  div: (g, a, b) => div(g, a!, b!),
  neg: (g, a) => neg(g, a!),
  exp: (g, a) => exp(g, a!),
  log: (g, a) => log(g, a!),
  sqrt: (g, a) => sqrt(g, a!),
  reciprocal: (g, a) => reciprocal(g, a!),
  tanh: (g, a) => tanh(g, a!),
  sigmoid: (g, a) => sigmoid(g, a!),
  relu: (g, a) => relu(g, a!),
  gelu: (g, a) => gelu(g, a!),
  softmax: (g, a) => softmax(g, a!),
  'softmax of large numbers': (g, a) => softmax(g, a!),
  logSoftmax: (g, a) => logSoftmax(g, a!),
  'logSoftmax of large numbers': (g, a) => logSoftmax(g, a!),
  reduceSum: (g, a) => reduceSum(g, a!, { axes: [0, -1] }),
  'reduceSum of all': (g, a) => reduceSum(g, a!),
  reduceMean: (g, a) => reduceMean(g, a!, { axes: [1], keepDims: true }),
  reshape: (g, a) => reshape(g, a!, [3, 4]),
  transpose: (g, a) => transpose(g, a!, [2, 0, 1]),
  expand: (g, a) => expand(g, a!, [2, 3, 4]),
  split: (g, a) => {
    const [first, second, third] = split(g, a!, 3, 1)

    return add(g, mul(g, first!, second!), exp(g, third!))
  },
  'split with a part unused': (g, a) => mul(g, split(g, a!, 3, 1)[1]!, 2),
  concat: (g, a, b) => concat(g, [a!, b!], 1),
  matMul: (g, a, b) => matMul(g, a!, b!),
  'matMul transposeA': (g, a, b) => matMul(g, a!, b!, A),
  'matMul transposeB': (g, a, b) => matMul(g, a!, b!, B),
  'matMul transposeA transposeB': (g, a, b) => matMul(g, a!, b!, { ...A, ...B }),
  'matMul batched': (g, a, b) => matMul(g, a!, b!),
  'matMul batched transposeA': (g, a, b) => matMul(g, a!, b!, A),
  'matMul batched transposeB': (g, a, b) => matMul(g, a!, b!, B),
  'matMul batched transposeA transposeB': (g, a, b) => matMul(g, a!, b!, { ...A, ...B }),
  linear: (g, a, w, b) => linear(g, a!, w!, b!),
  embedding: (g, table, tokens) => embedding(g, table!, tokens!),
  crossEntropy: (g, logits, labels) => crossEntropy(g, logits!, labels!),
  'crossEntropy of large numbers': (g, logits, labels) => crossEntropy(g, logits!, labels!),
  layerNorm: (g, a, gain, bias) => layerNorm(g, a!, gain!, bias!),
  groupNorm: (g, a, gain, bias) => groupNorm(g, a!, gain!, bias!, 3),
  causalAttention: (g, q, k, v) => causalAttention(g, q!, k!, v!),
  maxPool2x2: (g, a) => maxPool2x2(g, a!),
  'conv2d 3x3 padded, with bias': (g, a, w, bias) => conv2d(g, a!, w!, { bias: bias!, padding: 1 }),
  'conv2d 3x3 padded, few pixels': (g, a, w) => conv2d(g, a!, w!, { padding: 1 }),
  'conv2d 3x3 stride 2, even side': (g, a, w) => conv2d(g, a!, w!, { stride: 2, padding: 1 }),
  'conv2d 3x3 stride 2, odd side': (g, a, w) => conv2d(g, a!, w!, { stride: 2, padding: 1 }),
  'conv2d 1x1 stride 2': (g, a, w) => conv2d(g, a!, w!, { stride: 2 }),
  'conv2d 5x5 padded': (g, a, w) => conv2d(g, a!, w!, { padding: 2 }),
  'conv2d 2x3 unpadded': (g, a, w) => conv2d(g, a!, w!),
  'conv2d 1x1 padded': (g, a, w) => conv2d(g, a!, w!, { padding: 1 })
}
