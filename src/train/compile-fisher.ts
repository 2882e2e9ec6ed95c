import { CodedError } from '../interface/errors.ts'
import { elementCount } from '../interface/params.ts'
import type { FisherOptions } from '../interface/trainer.ts'
import { sampledError, weightedErrors } from './fisher-labels.ts'
import type { Value } from './graph/graph.ts'
import { mul } from './graph/ops/elementwise.ts'
import { reduceSum } from './graph/ops/reduce.ts'
import { reshape } from './graph/ops/reshape.ts'
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
export function compileFisher(model: Model, { labels, ...options }: CompileFisherOptions): FisherProgram {
  const passesPerExample = passesOf(model, labels)
  const inputs = traceByExample(model, options)
  const { g, params, layout, ports } = inputs
  const passes = Math.min(MAX_PASSES, passesPerExample)
  const { choices, losses } = traceLosses(inputs, labels, passes)
  for (const [i, value] of squaredGradients(g, losses, params, ports.batchSize).entries()) {
    g.output(outputName(layout.tensors[i]!), value)
  }

  return {
    onnx: g.serialise(),
    ...ports,
    params: layout.tensors.map(readPort),
    passes,
    passesPerExample,
    choices,
    squares: layout.tensors.map((tensor) => ({ ...readPort(tensor), output: outputName(tensor) }))
  }
}

/**
 * Backward passes that one example takes.
 *
 * @throws {CodedError} ERR_FISHER_PASSES when they are too many
 */
export function passesOf(model: Model, labels: FisherOptions['labels']): number {
  const passes = labels === 'exact' ? elementCount(model.targetShape) * model.classes : 1
  if (passes > MAX_EXACT_PASSES) throw tooManyPasses(model, passes)

  return passes
}

interface TracedLogits extends TracedInputs {
  /** Shape (batchSize * positions, classes). */
  readonly logits: Value
}

/** For a batch of examples that can be told apart, or of one. */
function traceByExample(model: Model, options: TraceOptions): TracedLogits {
  const inputs = traceInputs(model, options)
  const { g, paramValues, examples, params } = inputs
  const { batchSize } = options
  const rows = batchSize * elementCount(model.targetShape)
  const logits = reshape(g, model.forward(g, paramValues, examples), [rows, model.classes])
  if (batchSize > 1 && !canTellApart(g, params, batchSize)) return traceByExample(model, { ...options, batchSize: 1 })

  return { ...inputs, logits }
}

/** Scalars whose gradients are those of the passes. */
function traceLosses(
  { g, logits, ports: { batchSize } }: TracedLogits,
  labels: FisherOptions['labels'],
  passes: number
): { choices: Port; losses: Value[] } {
  const choices: Port =
    labels === 'exact'
      ? { name: 'choices', type: 'int32', shape: [passes, batchSize] }
      : { name: 'choices', type: 'float32', shape: [batchSize, logits.shape[0]! / batchSize] }
  const chosen = g.input(choices.name, choices.type, choices.shape)
  const errors = g.unrecorded(() => {
    const predictions = softmax(g, logits)

    return labels === 'exact' ? weightedErrors(g, predictions, chosen) : [sampledError(g, predictions, chosen)]
  })

  // the tape takes the errors for constants, which makes them the slopes of the logits
  return { choices, losses: errors.map((error) => reduceSum(g, mul(g, logits, error))) }
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
