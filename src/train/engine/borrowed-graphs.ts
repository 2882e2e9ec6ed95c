import type { FisherOptions } from '../../interface/trainer.ts'
import type { EvaluateExecutor } from './evaluate.ts'
import type { Executors, Loan } from './executors.ts'
import type { FeaturesExecutor } from './features.ts'
import type { FisherExecutor } from './fisher.ts'
import type { CompiledModel, HostedData } from './hosted-data.ts'
import type { OpenTrainer } from './messages.ts'

export interface BorrowedGraphsInit {
  readonly executors: Executors
  readonly data: HostedData
  readonly init: OpenTrainer
  readonly compiled: CompiledModel
}

/** A trainer's graphs but for its step, each borrowed at its first use: a node that never evaluates does not pay for it. */
export class BorrowedGraphs {
  readonly #init: BorrowedGraphsInit
  readonly #evaluators = new Map<number, Loan<EvaluateExecutor>>()
  readonly #features = new Map<number, Loan<FeaturesExecutor>>()
  readonly #fishers = new Map<FisherOptions['labels'], Loan<FisherExecutor>>()

  constructor(init: BorrowedGraphsInit) {
    this.#init = init
  }

  evaluator(batchSize: number): Promise<EvaluateExecutor> {
    const { data, init, compiled, executors } = this.#init

    return borrowed(this.#evaluators, batchSize, () =>
      executors.evaluate(data.compileEvaluate(init, compiled.model, batchSize))
    )
  }

  /** @throws {CodedError} ERR_HEAD_UNSUPPORTED */
  features(batchSize: number): Promise<FeaturesExecutor> {
    const { data, init, compiled, executors } = this.#init

    return borrowed(this.#features, batchSize, () =>
      executors.features(data.compileFeatures(init, compiled.model, batchSize))
    )
  }

  /** @throws {CodedError} ERR_FISHER_PASSES */
  fisher(labels: FisherOptions['labels']): Promise<FisherExecutor> {
    const { data, init, compiled, executors } = this.#init

    return borrowed(this.#fishers, labels, () => executors.fisher(data.compileFisher(init, compiled.model, labels)))
  }

  async release(): Promise<void> {
    for (const loans of [this.#evaluators, this.#features, this.#fishers]) {
      const all = [...loans.values()]
      loans.clear()
      for (const loan of all) await loan.release()
    }
  }
}

/** Calls of a thread come one at a time, so nobody else asks for the key meanwhile. */
async function borrowed<K, E>(loans: Map<K, Loan<E>>, key: K, borrow: () => Promise<Loan<E>>): Promise<E> {
  let loan = loans.get(key)
  if (loan === undefined) {
    loan = await borrow()
    loans.set(key, loan)
  }

  return loan.executor
}
