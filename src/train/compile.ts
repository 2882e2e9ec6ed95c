import { gradients } from './graph/gradients.ts'
import type { Value } from './graph/graph.ts'
import { accuracy } from './graph/ops/accuracy.ts'
import { mul } from './graph/ops/elementwise.ts'
import { reduceMean, reduceSum } from './graph/ops/reduce.ts'
import { reshape } from './graph/ops/reshape.ts'
import type { Optimiser } from './graph/optimisers/optimiser.ts'
import type { OptimiserSpec } from './graph/optimisers/registry.ts'
import { createOptimiser } from './graph/optimisers/registry.ts'
import type { Model } from './models/model.ts'
import type { EvaluateProgram, FlatPort, Port, StepProgram } from './program.ts'
import { readPort, type TracedForward, type TraceOptions, traceForward } from './trace.ts'

export interface CompileStepOptions extends TraceOptions {
  optimiser: OptimiserSpec
}

const SCALAR = { type: 'float32', shape: [] } as const

/**
 * Compiles one training step: forward, backward and optimiser in one ONNX graph. Of frozen tensors it computes neither
 * gradients nor updates, and what only they would need of the backward pass is not in the graph.
 *
 * @throws {InvalidConfigError} when the head alone is to be trained, and the model has none at its end
 */
export function compileStep(model: Model, { optimiser: spec, ...options }: CompileStepOptions): StepProgram {
  const optimiser = createOptimiser(spec)
  const traced = traceForward(model, options)
  const { g, layout } = traced

  const loss = reduceMean(g, traced.losses)
  const gradientValues = gradients(g, loss, traced.params)
  const learningRate = { name: 'learning_rate', ...SCALAR }
  const stepNumber = { name: 'step_number', ...SCALAR }
  const { paramPorts, statePorts } = traceUpdate(traced, optimiser, gradientValues, { learningRate, stepNumber })
  g.output('loss', loss)

  return {
    onnx: g.serialise(),
    ...traced.ports,
    params: paramPorts,
    labels: traced.labels,
    state: statePorts,
    stateDim: layout.dim * optimiser.stateVectors,
    learningRate,
    ...(optimiser.usesStepNumber ? { stepNumber } : {}),
    loss: { name: 'loss', ...SCALAR }
  }
}

/** Compiles loss and number of right answers of a weighted batch, forward only. */
export function compileEvaluate(model: Model, options: TraceOptions): EvaluateProgram {
  const { batchSize } = options
  const { g, layout, ports, labels, rows, logits, losses } = traceForward(model, options)
  const weights: Port = { name: 'weights', type: 'float32', shape: [batchSize] }
  const weighted = g.input(weights.name, weights.type, weights.shape)

  // for sequences, the mean over each example's positions
  const perExample = (perRow: Value): Value =>
    reduceMean(g, reshape(g, perRow, [batchSize, perRow.shape[0]! / batchSize]), { axes: [1] })
  g.output('loss_sum', reduceSum(g, mul(g, perExample(losses), weighted)))
  g.output('correct', reduceSum(g, mul(g, perExample(accuracy(g, logits, rows)), weighted)))

  return {
    onnx: g.serialise(),
    ...ports,
    params: layout.tensors.map(readPort),
    labels,
    weights,
    lossSum: { name: 'loss_sum', ...SCALAR },
    correct: { name: 'correct', ...SCALAR }
  }
}

/** Emits the optimiser for every trained tensor, with its state in vectors laid out like the params, one after another. */
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
