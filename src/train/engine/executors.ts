import { createHash } from 'node:crypto'
import type { EvaluateProgram, FeaturesProgram, FisherProgram, StepProgram } from '../program.ts'
import type { Device } from './device.ts'
import { createEvaluate, type EvaluateExecutor } from './evaluate.ts'
import { createFeatures, type FeaturesExecutor } from './features.ts'
import { createFisher, type FisherExecutor } from './fisher.ts'
import { ownGpu } from './gpu-lock.ts'
import { RefCache } from './ref-cache.ts'
import { loadRuntime, type Runtime, type ThreadOptions } from './runtime.ts'
import { createStep, type StepExecutor } from './step.ts'

/** An executor on loan; `release` exactly once. */
export interface Loan<E> {
  readonly executor: E
  release(): Promise<void>
}

/**
 * Compiled graphs of one device, shared between all models that run the same
 * one: onnxruntime's working memory for a graph is many times the model.
 */
export class Executors {
  readonly device: Device
  readonly #options: ThreadOptions
  #gpuOwned: Promise<void> | undefined
  readonly #steps = new RefCache<StepExecutor>((executor) => executor.release())
  readonly #evaluates = new RefCache<EvaluateExecutor>((executor) => executor.release())
  readonly #features = new RefCache<FeaturesExecutor>((executor) => executor.release())
  readonly #fishers = new RefCache<FisherExecutor>((executor) => executor.release())

  constructor(device: Device, options: ThreadOptions) {
    this.device = device
    this.#options = options
  }

  /** Graphs now compiled. */
  get size(): number {
    return this.#steps.size + this.#evaluates.size + this.#features.size + this.#fishers.size
  }

  step(program: StepProgram): Promise<Loan<StepExecutor>> {
    return borrow(this.#steps, program, async () =>
      createStep(this.device, { ort: await this.#runtime(), program, options: this.#options })
    )
  }

  evaluate(program: EvaluateProgram): Promise<Loan<EvaluateExecutor>> {
    return borrow(this.#evaluates, program, async () =>
      createEvaluate(this.device, { ort: await this.#runtime(), program, options: this.#options })
    )
  }

  features(program: FeaturesProgram): Promise<Loan<FeaturesExecutor>> {
    return borrow(this.#features, program, async () =>
      createFeatures(this.device, { ort: await this.#runtime(), program, options: this.#options })
    )
  }

  fisher(program: FisherProgram): Promise<Loan<FisherExecutor>> {
    return borrow(this.#fishers, program, async () =>
      createFisher(this.device, { ort: await this.#runtime(), program, options: this.#options })
    )
  }

  async #runtime(): Promise<Runtime> {
    this.#gpuOwned ??= ownGpu(this.device)
    await this.#gpuOwned

    return loadRuntime(this.device, this.#options)
  }
}

/** What a graph is, and which of its inputs lie in which vector: evaluations of a whole model and of a head differ in nothing else. */
type CacheKey = Pick<EvaluateProgram, 'onnx' | 'frozenDim'>

async function borrow<E>(cache: RefCache<E>, { onnx, frozenDim }: CacheKey, make: () => Promise<E>): Promise<Loan<E>> {
  const key = `${frozenDim} ${createHash('sha256').update(onnx).digest('hex')}`
  const executor = await cache.acquire(key, make)

  return { executor, release: () => cache.release(key) }
}
