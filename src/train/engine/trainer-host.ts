import { CodedError } from '../../interface/errors.ts'
import { loadData } from '../data/load.ts'
import type { StepProgram } from '../program.ts'
import { chooseExecutors } from './choose-device.ts'
import type { Executors } from './executors.ts'
import { HostedData } from './hosted-data.ts'
import { checkInit, HostedTrainer, sliceOf } from './hosted-trainer.ts'
import { measureSteps, referenceProgram } from './measure-steps.ts'
import type { Calls, OpenedTrainer, OpenTrainer, TrainerId, WorkerSetup } from './messages.ts'
import { RefCache } from './ref-cache.ts'

export type CallHandlers = { [N in keyof Calls]: (takes: Calls[N]['takes']) => Promise<Calls[N]['gives']> }

interface Hosted {
  readonly trainer: HostedTrainer
  readonly dataKey: string
}

/** All trainers of one worker thread. Its handlers run one at a time, in the order of the requests. */
export class TrainerHost {
  readonly #setup: WorkerSetup
  readonly #data = new RefCache<HostedData>(async () => undefined)
  readonly #trainers = new Map<TrainerId, Hosted>()
  #executors: Executors | undefined
  #nextId = 0

  constructor(setup: WorkerSetup) {
    this.#setup = setup
  }

  readonly handlers: CallHandlers = {
    open: (init) => this.#open(init),
    attach: async (vectors): Promise<undefined> => {
      await this.#trainer(vectors.trainer).attach(vectors)
    },
    train: (request) => this.#trainer(request.trainer).train(request),
    evaluate: ({ trainer, limit }) => this.#trainer(trainer).evaluate(limit),
    initialise: async ({ trainer, stream }): Promise<undefined> => {
      await this.#trainer(trainer).initialise(stream)
    },
    countClasses: async ({ trainer, cut }) => this.#trainer(trainer).countClasses(cut),
    loss: ({ trainer, indices }) => this.#trainer(trainer).loss(indices),
    probe: ({ trainer, perClass }) => this.#trainer(trainer).probe(perClass),
    fisher: (request) => this.#trainer(request.trainer).fisher(request),
    whole: async ({ trainer }) => this.#trainer(trainer).whole(),
    measure: async ({ seconds }) => {
      const program = referenceProgram()
      return measureSteps(await this.#chosen(program), program, seconds)
    },
    release: ({ trainer }) => this.#release(trainer),
    shutdown: async (): Promise<undefined> => {
      for (const id of [...this.#trainers.keys()]) await this.#release(id)
    }
  }

  async #open(init: OpenTrainer): Promise<OpenedTrainer> {
    const dataKey = `${init.dataSeed} ${init.data}`
    const data = await this.#data.acquire(dataKey, () => load(init))
    try {
      checkInit(data.source, init)
      const slice = sliceOf(data, init)
      const compiled = data.compile(init)
      const { program } = compiled
      const executors = await this.#chosen(program)
      const step = await executors.step(program)
      const trainer = new HostedTrainer({ executors, data, init, slice, compiled, step })
      const id = this.#nextId++
      this.#trainers.set(id, { trainer, dataKey })

      return {
        trainer: id,
        device: executors.device,
        layout: program.layout,
        stateDim: program.stateDim,
        exampleCount: trainer.exampleCount,
        classCounts: trainer.classCounts,
        testCount: trainer.testCount,
        example: trainer.example
      }
    } catch (error) {
      await this.#data.release(dataKey)
      throw error
    }
  }

  /** The device is chosen by the first model and kept. */
  async #chosen(program: StepProgram): Promise<Executors> {
    this.#executors ??= await chooseExecutors(program, this.#setup)

    return this.#executors
  }

  async #release(id: TrainerId): Promise<undefined> {
    const hosted = this.#trainers.get(id)
    if (hosted !== undefined) {
      this.#trainers.delete(id)
      await hosted.trainer.release()
      await this.#data.release(hosted.dataKey)
    }
  }

  #trainer(id: TrainerId): HostedTrainer {
    const hosted = this.#trainers.get(id)
    if (hosted === undefined) throw new CodedError('ERR_TRAINER_CLOSED', 'this trainer is closed')

    return hosted.trainer
  }
}

async function load({ data, dataSeed }: OpenTrainer): Promise<HostedData> {
  return new HostedData(await loadData(data, { seed: dataSeed, env: process.env, cwd: process.cwd() }), dataSeed)
}
