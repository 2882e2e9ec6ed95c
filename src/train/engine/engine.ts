import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import { usableDevices } from './auto.ts'
import type { Device, DeviceChoice } from './device.ts'
import { type DeviceStatus, probeDevice } from './devices.ts'
import type { Measurement, WorkerSetup } from './messages.ts'
import { EngineTrainer, type TrainerInit } from './trainer.ts'
import { type SlotInit, TrainerPool, type TrainerPoolInit } from './trainer-pool.ts'
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

/** A training thread and its compiled graphs, shared by any number of trainers; more threads only for pools of more slots. */
export class Engine {
  readonly #setup: WorkerSetup
  readonly #link: WorkerLink
  /** Threads for the further slots of pools, started at need. */
  readonly #moreLinks: WorkerLink[] = []
  readonly #trainers = new Set<EngineTrainer>()
  #closing: Promise<void> | undefined

  constructor(setup: WorkerSetup) {
    this.#setup = setup
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
    return this.#open(this.#link, init)
  }

  /**
   * Few trainers for many nodes, each of which trains now and then; see
   * {@link TrainerPool}. Throws what {@link createTrainer} does.
   */
  async createTrainerPool({ cut, slots = 1, keptEvaluations, ...init }: TrainerPoolInit): Promise<TrainerPool> {
    for (const [name, value] of Object.entries({ slots, keptEvaluations: keptEvaluations ?? 1 })) {
      if (!Number.isInteger(value) || value < 1) throw new InvalidConfigError(`${name} must be a whole number >= 1`)
    }

    const trainers = await this.#openSlots(init, slots)
    try {
      return await TrainerPool.open({ trainers, cut, keptEvaluations })
    } catch (error) {
      for (const trainer of trainers) await trainer.close()
      throw error
    }
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
    this.#closing ??= this.#close()

    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([this.#link, ...this.#moreLinks].map((link) => link.close()))
  }

  async #open(link: WorkerLink, init: TrainerInit): Promise<EngineTrainer> {
    const trainer = await EngineTrainer.open(link, init, { onClose: () => this.#trainers.delete(trainer) })
    this.#trainers.add(trainer)

    return trainer
  }

  async #openSlots(init: SlotInit, count: number): Promise<EngineTrainer[]> {
    const trainers: EngineTrainer[] = []
    try {
      trainers.push(await this.#open(this.#link, { ...init, stream: 'pool' }))
      const { device } = trainers[0]!
      // a GPU has one owner
      const more = device === 'cpu' || device === 'wasm' ? count - 1 : 0
      for (let i = 0; i < more; i++) {
        trainers.push(await this.#open(this.#furtherLink(i, device), { ...init, stream: 'pool', initialise: false }))
      }

      return trainers
    } catch (error) {
      for (const trainer of trainers) await trainer.close()
      throw error
    }
  }

  #furtherLink(i: number, device: Device): WorkerLink {
    if (this.#closing !== undefined) throw new CodedError('ERR_ENGINE_CLOSED', 'the engine is closed')
    this.#moreLinks[i] ??= new WorkerLink({ ...this.#setup, candidates: [device] })

    return this.#moreLinks[i]
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
