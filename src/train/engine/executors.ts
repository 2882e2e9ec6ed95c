import { createHash } from 'node:crypto'
import type { EvaluateProgram, StepProgram } from '../program.ts'
import type { Device } from './device.ts'
import { createEvaluate, type EvaluateExecutor } from './evaluate.ts'
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

  constructor(device: Device, options: ThreadOptions) {
    this.device = device
    this.#options = options
  }

  /** Graphs now compiled. */
  get size(): number {
    return this.#steps.size + this.#evaluates.size
  }

  step(program: StepProgram): Promise<Loan<StepExecutor>> {
    return borrow(this.#steps, program.onnx, async () =>
      createStep(this.device, { ort: await this.#runtime(), program, options: this.#options })
    )
  }

  evaluate(program: EvaluateProgram): Promise<Loan<EvaluateExecutor>> {
    return borrow(this.#evaluates, program.onnx, async () =>
      createEvaluate(this.device, { ort: await this.#runtime(), program, options: this.#options })
    )
  }

  async #runtime(): Promise<Runtime> {
    this.#gpuOwned ??= ownGpu(this.device)
    await this.#gpuOwned

    return loadRuntime(this.device, this.#options)
  }
}

async function borrow<E>(cache: RefCache<E>, onnx: Uint8Array, make: () => Promise<E>): Promise<Loan<E>> {
  const key = createHash('sha256').update(onnx).digest('hex')
  const executor = await cache.acquire(key, make)

  return { executor, release: () => cache.release(key) }
}
