import { InferenceSession, Tensor } from 'onnxruntime-node'
import { elementCount } from '../../../src/interface/params.ts'
import { gradients } from '../../../src/train/graph/gradients.ts'
import type { Value } from '../../../src/train/graph/graph.ts'
import { Graph } from '../../../src/train/graph/graph.ts'
import { mul } from '../../../src/train/graph/ops/elementwise.ts'
import { reduceSum } from '../../../src/train/graph/ops/reduce.ts'

export type Elements = Float32Array | Int32Array

/** An operator's input in a fixture: noise of floats, or integers. */
export type InputSpec =
  | { shape: number[]; scale: number; shift: number; below?: never }
  | { shape: number[]; below: number; scale?: never; shift?: never }

/**
 * Element i is shift + scale * u, where u in [-1, 1) is hashed from i and salt
 * by a sine: the same formula as in gradients.py.
 */
export function noise(salt: number, shape: readonly number[], scale = 1, shift = 0): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, (_, i) => {
    const hashed = Math.sin(12.9898 * i + 78.233 * salt + 1) * 43758.5453

    return shift + scale * (2 * (hashed - Math.floor(hashed)) - 1)
  })
}

/** Element i is (7 i + 3 salt) mod below: the same formula as in gradients.py. */
export function integers(salt: number, shape: readonly number[], below: number): Int32Array {
  return Int32Array.from({ length: elementCount(shape) }, (_, i) => (7 * i + 3 * salt) % below)
}

export function elementsOf(spec: InputSpec, salt: number): Elements {
  return spec.below === undefined
    ? noise(salt, spec.shape, spec.scale, spec.shift)
    : integers(salt, spec.shape, spec.below)
}

/** Euclidean norm of the difference over the norm of what was expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new RangeError(`${actual.length} numbers, expected ${expected.length}`)
  const difference = Float64Array.from(expected, (value, i) => actual[i]! - value)

  return norm(difference) / norm(expected)
}

export function norm(values: ArrayLike<number>): number {
  return Math.sqrt(dot(values, values))
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!

  return sum
}

export interface Feed {
  readonly data: Elements
  readonly shape: readonly number[]
}

export interface Runner extends AsyncDisposable {
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Float32Array>>
}

/** Opens a model on the CPU, two threads: enough for a race between threads to show. */
export async function open(onnx: Uint8Array): Promise<Runner> {
  const session = await InferenceSession.create(onnx, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 2,
    extra: { session: { intra_op: { allow_spinning: '0' } } }
  })

  return {
    async run(feeds) {
      const inputs = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toTensor(feed)]))
      const outputs = await session.run(inputs)

      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]))
    },
    [Symbol.asyncDispose]: () => session.release()
  }
}

function toTensor({ data, shape }: Feed): Tensor {
  return data instanceof Int32Array ? new Tensor('int32', data, shape) : new Tensor('float32', data, shape)
}

export type Operator = (g: Graph, ...inputs: Value[]) => Value

export interface OperatorResult {
  readonly shape: readonly number[]
  readonly output: Float32Array
  /** sum(output * noise(99)). */
  readonly loss: number
  /** Of the loss, for each input of floats. */
  readonly gradients: (Float32Array | null)[]
}

export interface OperatorRunner extends AsyncDisposable {
  run(inputs: readonly Elements[]): Promise<OperatorResult>
}

/** Compiles an operator with the gradients of loss = sum(output * noise(99)). */
export async function openOperator(operator: Operator, specs: readonly InputSpec[]): Promise<OperatorRunner> {
  const g = new Graph()
  const inputs = specs.map(({ shape, below }, i) =>
    g.input(`input${i}`, below === undefined ? 'float32' : 'int32', shape)
  )
  const y = operator(g, ...inputs)
  const slope = g.constant('slope', y.shape, (out) => out.set(noise(99, y.shape)))
  const loss = reduceSum(g, mul(g, y, slope))
  const floats = inputs.filter(({ type }) => type === 'float32')
  g.output('output', y)
  g.output('loss', loss)
  for (const [i, gradient] of gradients(g, loss, floats).entries()) g.output(`gradient of ${floats[i]!.name}`, gradient)
  const runner = await open(g.serialise())

  return {
    async run(elements) {
      const feeds = Object.fromEntries(inputs.map(({ name, shape }, i) => [name, { data: elements[i]!, shape }]))
      const results = await runner.run(feeds)

      return {
        shape: y.shape,
        output: results['output']!,
        loss: results['loss']![0]!,
        gradients: inputs.map(({ name }) => results[`gradient of ${name}`] ?? null)
      }
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose]()
  }
}
