import { elementCount } from '../../interface/params.ts'
import type { Attribute, ElementType, InitializerSpec, NodeSpec, ValueSpec } from './onnx-writer.ts'
import { writeOnnx } from './onnx-writer.ts'
import type { Shape } from './shape.ts'
import { GraphError } from './shape.ts'

/** A tensor that the graph will compute: no numbers, only a name, a type and a static shape. */
export type Value = ValueSpec

/** Numbers stand for float32 scalars. */
export type Operand = Value | number

/**
 * Vector-Jacobian product of one operator: from the cotangents of its outputs
 * (undefined: nothing depends on that output) to those of its inputs, in order
 * (undefined: not differentiable). It may emit more than is asked for: nodes
 * that lead to no output are left out when the graph is written.
 */
export type Vjp = (...cotangents: (Value | undefined)[]) => (Value | undefined)[]

/**
 * For an operator with one output, whose first axis is that of the examples:
 * from the output's cotangents in several backward passes to the sum over
 * passes and examples of an example's own squared contribution to each input,
 * for the inputs that all examples share (undefined: not shared).
 */
export type SquaredVjp = (passes: readonly Value[]) => (Value | undefined)[]

export interface TapeEntry {
  readonly outputs: readonly Value[]
  readonly inputs: readonly Value[]
  readonly vjp: Vjp
  readonly squaredVjp?: SquaredVjp | undefined
}

/**
 * Traces a computation as ONNX operators, and keeps the tape that `gradients`
 * plays backwards. Operators live in `ops/`, as functions of a graph.
 */
export class Graph {
  readonly #nodes: NodeSpec[] = []
  readonly #initializers = new Map<string, InitializerSpec>()
  readonly #inputs: Value[] = []
  readonly #outputs: { name: string; value: Value }[] = []
  readonly #tape: TapeEntry[] = []
  readonly #ports = new Set<string>()
  #recording = true
  #nextId = 0

  get tape(): readonly TapeEntry[] {
    return this.#tape
  }

  input(name: string, type: ElementType, shape: Shape): Value {
    const value = { name, type, shape }
    this.#claim(name)
    this.#inputs.push(value)

    return value
  }

  /** Numbers that are part of the graph, under a name of the caller's; not copied. */
  parameter(name: string, shape: Shape, data: Float32Array): Value {
    this.#claim(name)
    if (data.length !== elementCount(shape)) throw new GraphError(`${data.length} numbers of shape (${shape})`)
    this.#initializers.set(`parameter ${name}`, { name, type: 'float32', shape, data })

    return { name, type: 'float32', shape }
  }

  /** Makes `value` an output of the graph, under `name`. */
  output(name: string, value: Value): void {
    this.#claim(name)
    const computed = this.#nodes.some((node) => node.outputs.includes(value.name))
    const taken = this.#outputs.some((output) => output.value.name === value.name)
    const own = computed && !taken ? value : this.emit('Identity', [value], value.shape, {}, value.type)
    this.#outputs.push({ name, value: own })
  }

  /** A float32 scalar, shape (). */
  scalar(number: number): Value {
    return this.#constant(`scalar ${number}`, 'float32', [], () => Float32Array.of(number))
  }

  /** A list of int64, shape (n): how ONNX takes shapes, axes and the like. */
  int64(list: readonly number[]): Value {
    return this.#constant(`int64 ${list}`, 'int64', [list.length], () => BigInt64Array.from(list, BigInt))
  }

  /** 0, 1, ..., count - 1 as int32, shape (count). */
  iota(count: number): Value {
    return this.#constant(`iota ${count}`, 'int32', [count], () => Int32Array.from({ length: count }, (_, i) => i))
  }

  /** A float32 tensor known now; `key` says what it holds, so that equal ones are stored once. */
  constant(key: string, shape: Shape, fill: (out: Float32Array) => void): Value {
    return this.#constant(`constant ${key} ${shape}`, 'float32', shape, () => {
      const out = new Float32Array(elementCount(shape))
      fill(out)

      return out
    })
  }

  /** Appends an operator with one output; an undefined input is an optional one left out. */
  emit(
    op: string,
    inputs: readonly (Operand | undefined)[],
    shape: Shape,
    attributes: Readonly<Record<string, Attribute>> = {},
    type: ElementType = 'float32'
  ): Value {
    return this.emitMany(op, inputs, [shape], attributes, type)[0]!
  }

  /** Appends an operator with several outputs of one type. */
  emitMany(
    op: string,
    inputs: readonly (Operand | undefined)[],
    shapes: readonly Shape[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type: ElementType = 'float32'
  ): Value[] {
    const outputs = shapes.map((shape) => ({ name: `${op.toLowerCase()}_${this.#nextId++}`, type, shape }))
    const names = inputs.map((input) => (input === undefined ? '' : this.operand(input).name))
    this.#nodes.push({ op, inputs: names, outputs: outputs.map(({ name }) => name), attributes })

    return outputs
  }

  operand(operand: Operand): Value {
    return typeof operand === 'number' ? this.scalar(operand) : operand
  }

  /** Notes how to differentiate what was just emitted. */
  record(outputs: readonly Value[], inputs: readonly Value[], vjp: Vjp, squaredVjp?: SquaredVjp): void {
    if (this.#recording) this.#tape.push({ outputs, inputs, vjp, squaredVjp })
  }

  /** Runs `trace` without recording: for an operator that brings its own derivative, and for the backward pass. */
  unrecorded<T>(trace: () => T): T {
    const before = this.#recording
    this.#recording = false
    try {
      return trace()
    } finally {
      this.#recording = before
    }
  }

  /** The graph as a serialised ONNX model, without what no output depends on. */
  serialise(): Uint8Array {
    const nodes = this.#liveNodes()
    const used = new Set(nodes.flatMap((node) => node.inputs))
    const renamed = new Map(this.#outputs.map(({ name, value }) => [value.name, name]))
    const rename = (name: string): string => renamed.get(name) ?? name

    return writeOnnx({
      nodes: nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename)
      })),
      initializers: [...this.#initializers.values()].filter(({ name }) => used.has(name)),
      inputs: this.#inputs,
      outputs: this.#outputs.map(({ name, value }) => ({ ...value, name }))
    })
  }

  /** Nodes that an output depends on, in order: producers stand before consumers already. */
  #liveNodes(): NodeSpec[] {
    const needed = new Set(this.#outputs.map(({ value }) => value.name))
    const live: NodeSpec[] = []
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((name) => needed.has(name))) continue
      for (const name of node.inputs) needed.add(name)
      live.push(node)
    }

    return live.reverse()
  }

  /** Names of inputs and outputs are the caller's to choose, and must differ. */
  #claim(name: string): void {
    if (this.#ports.has(name)) throw new GraphError(`two inputs or outputs named "${name}"`)
    this.#ports.add(name)
  }

  #constant(key: string, type: ElementType, shape: Shape, make: () => InitializerSpec['data']): Value {
    let constant = this.#initializers.get(key)
    if (constant === undefined) {
      constant = { name: `constant_${this.#nextId++}`, type, shape, data: make() }
      if (constant.data.length !== elementCount(shape)) throw new GraphError(`constant of shape (${shape})`)
      this.#initializers.set(key, constant)
    }

    return constant
  }
}
