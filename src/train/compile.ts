import type { Layout } from '../interface/params.ts'
import { elementCount } from '../interface/params.ts'
import { gradients } from './graph/gradients.ts'
import type { Value } from './graph/graph.ts'
import { Graph } from './graph/graph.ts'
import { accuracy } from './graph/ops/accuracy.ts'
import { crossEntropy } from './graph/ops/cross-entropy.ts'
import { mul } from './graph/ops/elementwise.ts'
import { reduceMean, reduceSum } from './graph/ops/reduce.ts'
import { reshape } from './graph/ops/reshape.ts'
import type { Optimiser } from './graph/optimisers/optimiser.ts'
import type { OptimiserSpec } from './graph/optimisers/registry.ts'
import { createOptimiser } from './graph/optimisers/registry.ts'
import { GraphError } from './graph/shape.ts'
import type { Model } from './models/model.ts'
import { layoutOf } from './models/model.ts'
import type { EvaluateProgram, FlatPort, Port, StepProgram } from './program.ts'

export interface CompileEvaluateOptions {
  /** Examples in one run: shapes are static. */
  batchSize: number
}

export interface CompileStepOptions extends CompileEvaluateOptions {
  optimiser: OptimiserSpec
}

const SCALAR = { type: 'float32', shape: [] } as const

/** Compiles one training step: forward, backward and optimiser in one ONNX graph. */
export function compileStep(model: Model, { batchSize, optimiser: spec }: CompileStepOptions): StepProgram {
  const optimiser = createOptimiser(spec)
  const traced = traceForward(model, batchSize)
  const { g, layout } = traced

  const loss = reduceMean(g, traced.losses)
  const gradientValues = gradients(g, loss, traced.params)
  const learningRate = { name: 'learning_rate', ...SCALAR }
  const stepNumber = { name: 'step_number', ...SCALAR }
  const { paramPorts, statePorts } = traceUpdate(traced, optimiser, gradientValues, { learningRate, stepNumber })
  g.output('loss', loss)

  return {
    onnx: g.serialise(),
    batchSize,
    layout,
    params: paramPorts,
    x: traced.x,
    labels: traced.labels,
    state: statePorts,
    stateDim: layout.dim * optimiser.stateVectors,
    learningRate,
    ...(optimiser.usesStepNumber ? { stepNumber } : {}),
    loss: { name: 'loss', ...SCALAR }
  }
}

/** Compiles loss and number of right answers of a weighted batch, forward only. */
export function compileEvaluate(model: Model, { batchSize }: CompileEvaluateOptions): EvaluateProgram {
  const { g, layout, x, labels, rows, logits, losses } = traceForward(model, batchSize)
  const weights: Port = { name: 'weights', type: 'float32', shape: [batchSize] }
  const weighted = g.input(weights.name, weights.type, weights.shape)

  // for sequences, the mean over each example's positions
  const perExample = (perRow: Value): Value =>
    reduceMean(g, reshape(g, perRow, [batchSize, perRow.shape[0]! / batchSize]), { axes: [1] })
  g.output('loss_sum', reduceSum(g, mul(g, perExample(losses), weighted)))
  g.output('correct', reduceSum(g, mul(g, perExample(accuracy(g, logits, rows)), weighted)))

  return {
    onnx: g.serialise(),
    batchSize,
    layout,
    params: layout.tensors.map(({ name, shape, offset }) => ({ input: name, shape, offset })),
    x,
    labels,
    weights,
    lossSum: { name: 'loss_sum', ...SCALAR },
    correct: { name: 'correct', ...SCALAR }
  }
}

interface TracedForward {
  readonly g: Graph
  readonly layout: Layout
  /** In layout order; each input is named like its tensor. */
  readonly params: readonly Value[]
  readonly x: Port
  readonly labels: Port
  /** The labels as one row for each prediction, shape (rows). */
  readonly rows: Value
  /** Shape (rows, classes). */
  readonly logits: Value
  /** Cross entropy of each row, shape (rows). */
  readonly losses: Value
}

function traceForward(model: Model, batchSize: number): TracedForward {
  const g = new Graph()
  const layout = layoutOf(model)
  const params = layout.tensors.map(({ name, shape }) => g.input(name, 'float32', shape))
  const byName = new Map(params.map((value) => [value.name, value]))
  const x: Port = { name: 'x', type: model.exampleType, shape: [batchSize, ...model.exampleShape] }
  const labels: Port = { name: 'labels', type: 'int32', shape: [batchSize, ...model.targetShape] }

  const rowCount = elementCount(labels.shape)
  const output = model.forward(g, (name) => wanted(byName, name), g.input(x.name, x.type, x.shape))
  const logits = reshape(g, output, [rowCount, model.classes])
  const rows = reshape(g, g.input(labels.name, labels.type, labels.shape), [rowCount])

  return { g, layout, params, x, labels, rows, logits, losses: crossEntropy(g, logits, rows) }
}

function wanted(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name)
  if (value === undefined) throw new GraphError(`the model has no tensor "${name}"`)

  return value
}

/** Emits the optimiser for every tensor, with its state in vectors laid out like the params, one after another. */
function traceUpdate(
  { g, layout, params }: TracedForward,
  optimiser: Optimiser,
  gradientValues: readonly Value[],
  ports: { learningRate: Port; stepNumber: Port }
): { paramPorts: FlatPort[]; statePorts: FlatPort[] } {
  const scalarInput = ({ name, type, shape }: Port): Value => g.input(name, type, shape)
  const learningRate = scalarInput(ports.learningRate)
  const scalars = {
    learningRate,
    ...(optimiser.usesStepNumber ? { stepNumber: scalarInput(ports.stepNumber) } : {})
  }
  const vectors = Array.from({ length: optimiser.stateVectors }, (_, vector) => vector)
  const paramPorts: FlatPort[] = []
  const statePorts: FlatPort[] = []

  for (const [i, { name, shape, offset, kind }] of layout.tensors.entries()) {
    const statePort = (vector: number): FlatPort => ({
      input: `${name}.state${vector}`,
      output: `${name}.state${vector}.next`,
      shape,
      offset: vector * layout.dim + offset
    })
    const state = vectors.map((vector) => g.input(statePort(vector).input, 'float32', shape))
    const tensor = { kind, param: params[i]!, gradient: gradientValues[i]!, state }
    const next = g.unrecorded(() => optimiser.update(g, tensor, scalars))

    paramPorts.push({ input: name, output: `${name}.next`, shape, offset })
    g.output(`${name}.next`, next.param)
    for (const vector of vectors) {
      statePorts.push(statePort(vector))
      g.output(`${name}.state${vector}.next`, next.state[vector]!)
    }
  }

  return { paramPorts, statePorts }
}
