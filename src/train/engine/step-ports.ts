import type { StepProgram } from '../program.ts'
import { floatSlot, intSlot, type Slot, slot, type Tensors } from './feeds.ts'
import type { Runtime } from './runtime.ts'
import type { StepRequest } from './step.ts'

/** A step's inputs and outputs that are not the model's: the batch, the scalars, the loss. */
export interface StepPorts {
  readonly x: Slot<Float32Array | Int32Array>
  readonly labels: Slot<Int32Array>
  readonly loss: Slot<Float32Array>
  readonly feeds: Tensors
  /** Sets the scalars for step number `firstStep + done`. */
  prepare(request: StepRequest, done: number): void
}

export function createStepPorts(ort: Runtime, program: StepProgram): StepPorts {
  const x = slot(ort, program.x)
  const labels = intSlot(ort, program.labels)
  const loss = floatSlot(ort, program.loss)
  const learningRate = floatSlot(ort, program.learningRate)
  const stepNumber = program.stepNumber && floatSlot(ort, program.stepNumber)
  const feeds: Tensors = {
    [program.x.name]: x.tensor,
    [program.labels.name]: labels.tensor,
    [program.learningRate.name]: learningRate.tensor
  }
  if (program.stepNumber && stepNumber) feeds[program.stepNumber.name] = stepNumber.tensor

  return {
    x,
    labels,
    loss,
    feeds,
    prepare(request, done) {
      learningRate.array[0] = request.learningRate
      if (stepNumber) stepNumber.array[0] = request.firstStep + done
    }
  }
}
