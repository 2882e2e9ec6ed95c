import { elementCount } from '../../src/interface/params.ts'
import { compileStep } from '../../src/train/compile.ts'
import type { Model } from '../../src/train/models/model.ts'
import type { FlatPort } from '../../src/train/program.ts'
import { type Elements, type Feed, integers, noise, open } from './graph/harness.ts'

/** A trained model would predict with confidence; these predictions are uneven enough to tell weights apart. */
export function paramFeeds(ports: readonly FlatPort[]): Record<string, Feed> {
  return Object.fromEntries(ports.map(({ input, shape }, i) => [input, { data: noise(i + 1, shape, 0.6), shape }]))
}

export function exampleOf(model: Model, salt: number): Elements {
  return model.exampleType === 'int32'
    ? integers(salt, model.exampleShape, model.classes)
    : noise(100 + salt, model.exampleShape)
}

export interface Pass {
  /** Mean over positions of log p(label). */
  readonly logProbability: number
  /** Its gradient, shape (dim). */
  readonly gradient: Float32Array
}

/** One example and its labels at a time, through the training step's own gradients. */
export async function openPasses(
  model: Model
): Promise<{ of(x: Elements, labels: number[]): Promise<Pass> } & AsyncDisposable> {
  const step = compileStep(model, { batchSize: 1, optimiser: { name: 'sgd', momentum: 0.9 } })
  const runner = await open(step.onnx)
  const zeros = step.state.map(({ input, shape }): [string, Feed] => [
    input,
    { data: new Float32Array(elementCount(shape)), shape }
  ])
  const constant = {
    ...paramFeeds(step.params),
    ...Object.fromEntries(zeros),
    [step.learningRate.name]: { data: Float32Array.of(0), shape: [] }
  }

  return {
    async of(x, labels) {
      const results = await runner.run({
        ...constant,
        [step.x.name]: { data: x, shape: step.x.shape },
        [step.labels.name]: { data: Int32Array.from(labels), shape: step.labels.shape }
      })
      const gradient = new Float32Array(step.layout.dim)
      // the first velocity is the gradient
      for (const { output, offset } of step.state) gradient.set(results[output!]!, offset)

      return { logProbability: -results[step.loss.name]![0]!, gradient }
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose]()
  }
}
