import type { StepProgram } from '../program.ts'
import type { Device } from './device.ts'
import type { Runtime, ThreadOptions } from './runtime.ts'
import { createCudaStep, createHostStep } from './step-host.ts'
import { createWasmStep } from './step-wasm.ts'
import { createWebgpuStep } from './step-webgpu.ts'

export interface StepRequest {
  readonly learningRate: number
  /** 1 for the first step of the optimiser's life. */
  readonly firstStep: number
  /** Writes the next batch into the executor's buffers; true when its step is to be the last of this request. */
  fill(): boolean
}

export interface StepResult {
  readonly steps: number
  /** Sum over the steps of the batch's mean loss, in nats. */
  readonly lossSum: number
}

export interface StepVectors {
  /** Shape (dim). */
  readonly params: Float32Array
  /** Shape (stateDim). */
  readonly state: Float32Array
  /** Shape (frozenDim); needed when that is not 0. */
  readonly frozen?: Float32Array
}

/** A step bound to one model's vectors. */
export interface BoundStep {
  /** Runs until `fill` says last; the vectors then hold the result. After a failure they are those of one step, never a mixture. */
  run(request: StepRequest): Promise<StepResult>
}

/** One compiled training step and the buffers it runs in, shared by all trainers of the same graph: one run at a time. */
export interface StepExecutor {
  readonly x: Float32Array | Int32Array
  readonly labels: Int32Array
  /** Vectors that are kept, and read by every run; all but `frozen` are written too. */
  bind(vectors: StepVectors): BoundStep
  release(): Promise<void>
}

export interface ExecutorInit {
  readonly ort: Runtime
  readonly program: StepProgram
  readonly options: ThreadOptions
}

const factories: Record<Device, (init: ExecutorInit) => Promise<StepExecutor>> = {
  cpu: createHostStep,
  cuda: createCudaStep,
  wasm: createWasmStep,
  webgpu: createWebgpuStep
}

export function createStep(device: Device, init: ExecutorInit): Promise<StepExecutor> {
  return factories[device](init)
}
