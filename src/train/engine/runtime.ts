import type { InferenceSession } from 'onnxruntime-node'
import type { Device } from './device.ts'

/** What both onnxruntime packages offer; the tensors of one are not for the sessions of the other. */
export type Runtime = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor' | 'env'>

export interface ThreadOptions {
  /** Threads that share one operator. */
  readonly threads: number
  /**
   * Idle threads of the pool spin instead of sleeping: 10 to 40 % faster
   * when the machine has nothing else to do, and a burnt core when it has.
   */
  readonly spin: boolean
}

const FATAL_ONLY = 4

/**
 * Imports onnxruntime, here and nowhere else: 15 ms and 40 MB that a process
 * which does not train never pays. Its log stays off the user's terminal;
 * failures reach us as exceptions.
 */
export async function loadRuntime(device: Device, { threads }: ThreadOptions): Promise<Runtime> {
  if (device !== 'wasm') {
    const ort = await import('onnxruntime-node')
    ort.env.logLevel = 'fatal'
    return ort
  }

  const ort = await import('onnxruntime-web')
  ort.env.logLevel = 'fatal'
  ort.env.wasm.numThreads = threads

  return ort as unknown as Runtime
}

/** Static shapes and one graph at a time: what is left to say is the provider and the threads. */
export function sessionOptions(device: Device, { threads, spin }: ThreadOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: FATAL_ONLY,
    extra: { session: { intra_op: { allow_spinning: spin && threads > 1 ? '1' : '0' } } }
  }
}
