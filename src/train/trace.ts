import { elementCount, type Layout, type TensorSpec } from '../interface/params.ts'
import { Graph, type Value } from './graph/graph.ts'
import { crossEntropy } from './graph/ops/cross-entropy.ts'
import { reshape } from './graph/ops/reshape.ts'
import { GraphError } from './graph/shape.ts'
import { splitLayout, type Trainable } from './models/head.ts'
import type { Model, ParamValues } from './models/model.ts'
import type { FlatPort, ModelProgram, Port } from './program.ts'

export interface TraceOptions {
  /** Examples in one run: shapes are static. */
  batchSize: number
  /** @default 'all' */
  trainable?: Trainable | undefined
}

/** A graph with a model's tensors and examples as its inputs. */
export interface TracedInputs {
  readonly g: Graph
  /** Of the trained tensors. */
  readonly layout: Layout
  /** The trained ones, in layout order; each input is named like its tensor. */
  readonly params: readonly Value[]
  readonly paramValues: ParamValues
  /** The examples, shape (batchSize, ...example shape). */
  readonly examples: Value
  /** What every program of this model says of its inputs. */
  readonly ports: Pick<ModelProgram, 'batchSize' | 'layout' | 'frozen' | 'frozenDim' | 'x'>
}

export interface TracedForward extends TracedInputs {
  readonly labels: Port
  /** The labels as one row for each prediction, shape (rows). */
  readonly rows: Value
  /** Shape (rows, classes). */
  readonly logits: Value
  /** Cross entropy of each row, shape (rows). */
  readonly losses: Value
}

/** @throws {InvalidConfigError} when the head alone is to be trained, and the model does not end in one */
export function traceInputs(model: Model, { batchSize, trainable = 'all' }: TraceOptions): TracedInputs {
  const g = new Graph()
  const { frozen, trained: layout } = splitLayout(model, trainable)
  const input = ({ name, shape }: TensorSpec): Value => g.input(name, 'float32', shape)
  const constants = frozen.tensors.map(input)
  const params = layout.tensors.map(input)
  const byName = new Map([...constants, ...params].map((value) => [value.name, value]))
  const x: Port = { name: 'x', type: model.exampleType, shape: [batchSize, ...model.exampleShape] }
  const ports = { batchSize, layout, frozen: frozen.tensors.map(readPort), frozenDim: frozen.dim, x }

  return {
    ...{ g, layout, params, ports },
    paramValues: (name) => wanted(byName, name),
    examples: g.input(x.name, x.type, x.shape)
  }
}

export function traceForward(model: Model, options: TraceOptions): TracedForward {
  const inputs = traceInputs(model, options)
  const { g, paramValues, examples } = inputs
  const labels: Port = { name: 'labels', type: 'int32', shape: [options.batchSize, ...model.targetShape] }

  const rowCount = elementCount(labels.shape)
  const logits = reshape(g, model.forward(g, paramValues, examples), [rowCount, model.classes])
  const rows = reshape(g, g.input(labels.name, labels.type, labels.shape), [rowCount])

  return { ...inputs, labels, rows, logits, losses: crossEntropy(g, logits, rows) }
}

/** A tensor that a program only reads. */
export function readPort({ name, shape, offset }: TensorSpec): FlatPort {
  return { input: name, shape, offset }
}

function wanted(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name)
  if (value === undefined) throw new GraphError(`the model has no tensor "${name}"`)

  return value
}
