import { CodedError } from '../interface/errors.ts'
import { elementCount } from '../interface/params.ts'
import type { FisherOptions } from '../interface/trainer.ts'
import type { Graph, Value } from './graph/graph.ts'
import { mul, sqrt, sub } from './graph/ops/elementwise.ts'
import { oneHot, toFloat } from './graph/ops/one-hot.ts'
import { reduceSum } from './graph/ops/reduce.ts'
import { concat, fill, reshape, slice } from './graph/ops/reshape.ts'
import { softmax } from './graph/ops/softmax.ts'
import { canTellApart, squaredGradients } from './graph/squared-gradients.ts'
import type { Model } from './models/model.ts'
import type { FisherProgram, Port } from './program.ts'
import { readPort, type TracedInputs, type TraceOptions, traceInputs } from './trace.ts'

export interface CompileFisherOptions extends TraceOptions {
  labels: FisherOptions['labels']
}

/** Backward passes for one example: from here on, exact takes seconds for a handful of examples. */
const MAX_EXACT_PASSES = 1024
/** Backward passes in one graph share its forward pass; each makes the graph longer to compile. */
const MAX_PASSES = 10

/**
 * Compiles the sum over examples of E_y[(d log p(y | x) / d theta)^2], the
 * diagonal Fisher, with y from the model's own predictions: over all labels,
 * each weighted by its probability, or over one that is drawn.
 *
 * For sequences, p(y | x) is over one label a position, each predicted from
 * the true tokens before it, and the Fisher is the mean over positions. Drawn
 * labels of different positions are independent, and a label's gradient is 0
 * in expectation: so all positions go in one pass, whose products of different
 * positions cancel on average.
 *
 * Where every tensor goes into one operator that tells a batch's examples
 * apart (mlp, linear, lenet, resnet8), whole batches are squared at once;
 * otherwise (gpt) a run takes one example.
 *
 * Source: Matena and Raffel, NeurIPS 2022, arXiv:2111.09832, section 2.2; sequences are our reading.
 *
 * @throws {CodedError} ERR_FISHER_PASSES when an example has too many labels to take them all; {InvalidConfigError}
 *   when the head alone is trained, and the model has none at its end
 */
export function compileFisher(model: Model, options: CompileFisherOptions): FisherProgram {
  const exact = options.labels === 'exact'
  const passesPerExample = exact ? elementCount(model.targetShape) * model.classes : 1
  if (passesPerExample > MAX_EXACT_PASSES) throw tooManyPasses(model, passesPerExample)

  const inputs = traceInputs(model, options)
  const { batchSize } = options
  const { g, params, layout } = inputs
  const logits = traceLogits(model, inputs, batchSize)
  if (batchSize > 1 && !canTellApart(g, params, batchSize)) return compileFisher(model, { ...options, batchSize: 1 })

  const passes = Math.min(MAX_PASSES, passesPerExample)
  const choices: Port = exact
    ? { name: 'choices', type: 'int32', shape: [passes, batchSize] }
    : { name: 'choices', type: 'float32', shape: [batchSize, logits.shape[0]! / batchSize] }
  const chosen = g.input(choices.name, choices.type, choices.shape)
  const errors = g.unrecorded(() => {
    const predictions = softmax(g, logits)

    return exact ? weightedErrors(g, predictions, chosen) : [sampledError(g, predictions, chosen)]
  })
  // each a constant to the tape: the slopes of the logits are the errors themselves
  const losses = errors.map((error) => reduceSum(g, mul(g, logits, error)))
  for (const [i, value] of squaredGradients(g, losses, params, batchSize).entries()) {
    g.output(outputName(layout.tensors[i]!), value)
  }

  return {
    onnx: g.serialise(),
    ...inputs.ports,
    params: layout.tensors.map(readPort),
    passes,
    passesPerExample,
    choices,
    squares: layout.tensors.map((tensor) => ({ ...readPort(tensor), output: outputName(tensor) }))
  }
}

function outputName({ name }: { name: string }): string {
  return `${name}.squares`
}

function tooManyPasses({ name, targetShape, classes }: Model, passes: number): CodedError {
  const [positions, labels] = [elementCount(targetShape), `${classes} labels`]
  const what = positions === 1 ? labels : `${positions} positions of ${labels}`

  return new CodedError(
    'ERR_FISHER_PASSES',
    `${name} has ${what} an example: an exact Fisher would take ${passes} backward passes for each; use sampled labels`,
    { passes, limit: MAX_EXACT_PASSES }
  )
}

/** @returns shape (batchSize * positions, classes) */
function traceLogits(model: Model, { g, paramValues, examples }: TracedInputs, batchSize: number): Value {
  const rows = batchSize * elementCount(model.targetShape)

  return reshape(g, model.forward(g, paramValues, examples), [rows, model.classes])
}

const LAST = { axes: [1], keepDims: true } as const

/**
 * For each pass, d (sqrt(p / positions) log p) / d logits of the label that it takes, p held constant. The sign, which
 * squares forget, is the other one.
 *
 * @param choices - int32, shape (passes, batchSize)
 * @returns for each pass, shape of the predictions
 */
function weightedErrors(g: Graph, predictions: Value, choices: Value): Value[] {
  const [passes, batchSize] = choices.shape as [number, number]
  const [rows, classes] = predictions.shape as [number, number]
  const positions = rows / batchSize
  const taken = oneHot(g, choices, positions * classes)

  return Array.from({ length: passes }, (_, start) => {
    const expected = reshape(g, slice(g, taken, { axis: 0, start, length: 1 }), predictions.shape)
    const probability = reduceSum(g, mul(g, predictions, expected), LAST) // 0 where no label is taken

    return mul(g, sub(g, predictions, expected), sqrt(g, mul(g, probability, 1 / positions)))
  })
}

/**
 * d (log p / sqrt(positions)) / d logits of one label a row, drawn by inverting its cumulated predictions. The sign is
 * the other one, as above.
 *
 * @param uniforms - float32, shape (batchSize, positions)
 */
function sampledError(g: Graph, predictions: Value, uniforms: Value): Value {
  const [rows, classes] = predictions.shape as [number, number]
  const positions = rows / uniforms.shape[0]!
  const column = reshape(g, uniforms, [rows, 1])
  // column c: whether the label is c or one after it; for the first whether there is any, and after the last never
  const reached = concat(g, [atLeast(g, column, fill(g, 0, [rows, 1])), ...beyond(g, predictions, column)], 1)
  const [low, high] = [0, 1].map((start) => slice(g, reached, { axis: 1, start, length: classes }))
  const expected = sub(g, low!, high!)
  const taken = reduceSum(g, expected, LAST)

  return mul(g, sub(g, mul(g, predictions, taken), expected), 1 / Math.sqrt(positions))
}

/** Shape (rows, classes - 1), where a uniform number lies at or beyond the sum of the predictions so far, and (rows, 1) of zeros. */
function beyond(g: Graph, predictions: Value, column: Value): Value[] {
  const [rows, classes] = predictions.shape as [number, number]
  const never = fill(g, 0, [rows, 1])
  if (classes === 1) return [never]

  const sums = g.emit('CumSum', [predictions, g.int64([1])], predictions.shape)

  return [atLeast(g, column, slice(g, sums, { axis: 1, start: 0, length: classes - 1 })), never]
}

function atLeast(g: Graph, a: Value, b: Value): Value {
  return toFloat(g, g.emit('GreaterOrEqual', [a, b], b.shape, {}, 'bool'))
}
