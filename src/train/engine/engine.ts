import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import { usableDevices } from './auto.ts'
import type { DeviceChoice } from './device.ts'
import { type DeviceStatus, probeDevice } from './devices.ts'
import type { Measurement, WorkerSetup } from './messages.ts'
import { EngineTrainer, type TrainerInit } from './trainer.ts'
import { WorkerLink } from './worker-link.ts'

export interface EngineInit {
  /** @default 'auto' */
  readonly device?: DeviceChoice
  /**
   * Threads that share one operator. Results on one thread repeat to the
   * last bit on the same machine; with `wasm`, on every machine.
   * @default 1: nodes usually share a machine with each other
   */
  readonly threads?: number
  /**
   * Let idle threads spin: faster on a machine that has nothing else to do,
   * slower on any other.
   * @default false
   */
  readonly spin?: boolean
}

const DEFAULT_THREADS = 1

/** One training thread and its compiled graphs, shared by any number of trainers. */
export class Engine {
  readonly #link: WorkerLink
  readonly #trainers = new Set<EngineTrainer>()
  #closing: Promise<void> | undefined

  constructor(setup: WorkerSetup) {
    this.#link = new WorkerLink(setup)
  }

  /**
   * Loads the data, compiles the model, and draws initial params. Trainers of
   * the same model, batch size and optimiser share one compiled graph.
   *
   * @throws {InvalidConfigError} for models, optimisers, data and numbers that cannot be, or do not fit each other;
   *   {CodedError} ERR_PARAMS_DIM, ERR_DEVICE_UNAVAILABLE, ERR_GPU_BUSY, ERR_ENGINE_CRASHED, ERR_ENGINE_CLOSED,
   *   ERR_ENGINE_FAILED (onnxruntime refused; the message is its own)
   */
  async createTrainer(init: TrainerInit): Promise<EngineTrainer> {
    const trainer = await EngineTrainer.open(this.#link, init, { onClose: () => this.#trainers.delete(trainer) })
    this.#trainers.add(trainer)

    return trainer
  }

  /** Trains the default MLP on noise for about `seconds`. */
  measure(seconds: number): Promise<Measurement> {
    return this.#link.call('measure', { seconds })
  }

  /**
   * Idempotent. Waits for the step in hand, releases everything, ends the
   * thread. To be awaited before the process exits: a process that exits in
   * the middle of a step aborts, with a message of the native library.
   *
   * @throws {CodedError} ERR_ENGINE_STUCK when a step hangs in its driver
   */
  close(): Promise<void> {
    for (const trainer of this.#trainers) trainer.interrupt()
    this.#closing ??= this.#link.close()

    return this.#closing
  }
}

/**
 * Starts the training thread. Training never blocks the caller's thread.
 *
 * @throws {CodedError} ERR_DEVICE_UNAVAILABLE, with what to install; {InvalidConfigError}
 */
export async function createEngine({
  device = 'auto',
  threads = DEFAULT_THREADS,
  spin = false
}: EngineInit = {}): Promise<Engine> {
  if (!Number.isInteger(threads) || threads < 1) throw new InvalidConfigError('threads must be a whole number >= 1')
  if (device === 'auto') return new Engine({ ...(await usableDevices()), threads, spin })

  const status = await probeDevice(device)
  if (!status.available) throw unavailable(status)

  return new Engine({ candidates: [device], threads, spin })
}

function unavailable({ device, reason, remedy }: Extract<DeviceStatus, { available: false }>): CodedError {
  return new CodedError('ERR_DEVICE_UNAVAILABLE', `device ${device}: ${reason}. ${remedy}`, { device })
}
